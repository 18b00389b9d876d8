// Drafts in this browser's storage, one for each workbench and tab.
//
// A tab that is opened anew finds its own draft; a new tab takes over the newest draft of a tab that is no longer
// open. Tabs that are open never touch each other's.

const TAB = 'glm-playground:tab';
const PREFIX = 'glm-playground:draft:';
const CLAIM_MS = 500;
const KEPT_MS = 30 * 24 * 3600 * 1000;

export function storageOf(name) {
  try {
    return window[name];
  } catch {
    return null; // the browser forbids it
  }
}

function newTab() {
  return Date.now().toString(36) + Math.random().toString(36).slice(2);
}

// Holds a lock under the tab's name for as long as the document lives; false where another tab holds it.
function hold(name) {
  return new Promise((done) => {
    const held = () => {
      done(true);
      return new Promise(() => {});
    };
    navigator.locks.request(name, { signal: AbortSignal.timeout(CLAIM_MS) }, held).catch(() => done(false));
  });
}

async function claim() {
  const session = storageOf('sessionStorage');
  let tab = session?.getItem(TAB) ?? newTab();
  // A duplicated tab begins with the name of the first.
  if (navigator.locks && !(await hold(PREFIX + tab))) {
    tab = newTab();
    await hold(PREFIX + tab);
  }
  session?.setItem(TAB, tab);
  return tab;
}

let claimed = null;

async function openTabs() {
  if (!navigator.locks) return new Set();
  const { held } = await navigator.locks.query();
  return new Set(held.map((lock) => lock.name));
}

function read(storage, key) {
  try {
    const record = JSON.parse(storage.getItem(key));
    return record && typeof record.text === 'string' && Array.isArray(record.files) ? record : null;
  } catch {
    return null;
  }
}

function keys(storage) {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter((key) => key.startsWith(PREFIX));
}

// The place of one workbench's draft in this tab.
export class DraftPlace {
  static async open(workbench) {
    claimed ??= claim();
    return new DraftPlace(workbench, await claimed);
  }

  constructor(workbench, tab) {
    this.storage = storageOf('localStorage');
    this.prefix = `${PREFIX}${workbench}:`;
    this.key = this.prefix + tab;
  }

  // The draft to go on with, {text, files}; null if there is no such draft.
  async take() {
    if (!this.storage) return null;
    const own = read(this.storage, this.key);
    if (own) return own;
    const open = await openTabs();
    let newest = null;
    for (const key of keys(this.storage)) {
      const record = read(this.storage, key);
      if (!record || record.at < Date.now() - KEPT_MS) {
        this.storage.removeItem(key);
      } else if (key.startsWith(this.prefix) && !open.has(PREFIX + key.slice(this.prefix.length))) {
        if (!newest || record.at > newest.record.at) newest = { key, record };
      }
    }
    if (!newest) return null;
    this.storage.removeItem(newest.key);
    this.keep(newest.record.text, newest.record.files);
    return newest.record;
  }

  keep(text, files) {
    if (!this.storage) return;
    if (text === '' && files.length === 0) {
      this.storage.removeItem(this.key);
      return;
    }
    try {
      this.storage.setItem(this.key, JSON.stringify({ text, files, at: Date.now() }));
    } catch {
      this.storage.removeItem(this.key); // full: better none than an older text
    }
  }
}
