// What the browser does on the playground's page, around Streamlit's chat input.

import { atBottom } from './bottom.js';
import { copy } from './copying.js';
import { Draft, type } from './draft.js';
import { stopOnEscape } from './escape.js';
import { fill, forecastParts } from './forecast.js';
import { closeByArrow } from './panel.js';
import { Scrolling } from './scrolling.js';

const SAID_MS = 2500;

// Of this document, not of one mount: a text is copied once, an editor gets the focus once.
const copied = new Set();
let opened = null;
// The page that was said to be drawn.
let told = '';
// The composer on the page.
let current = null;

function make(tag, className, attributes = {}) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.className = className;
  return element;
}

class Composer {
  // How often it was shown; Streamlit also ends runs that a later one has replaced.
  shown = 0;

  #data = null;
  #draft = null;
  #drawn = [];
  #tell = null;
  #abort = new AbortController();
  #frame = 0;
  #root = make('div', 'composer');
  #line = make('p', 'line');
  #files = make('p', 'files', { hidden: true });
  #said = make('p', 'said', { role: 'status' });
  #jump = make('button', 'jump', { type: 'button', hidden: true });
  #scrolling = new Scrolling(this.#jump);
  #changes = new MutationObserver(() => this.#soon());

  constructor(parent) {
    current = this;
    this.#root.append(this.#line, this.#files, this.#said, this.#jump);
    parent.append(this.#root);
    const { signal } = this.#abort;
    stopOnEscape(() => atBottom(this.#data.stop, 'button:enabled'), signal);
    closeByArrow(signal);
    window.addEventListener('pagehide', () => this.#keep(), { signal });
    document.addEventListener('visibilitychange', () => this.#keep(), { signal });
    // React writes a text area's value into its text too, so this also sees what Python sets and what is sent.
    this.#changes.observe(document.body, { childList: true, subtree: true });
  }

  show(data, tell) {
    this.#tell = tell;
    if (this.#data && this.#data.workbench !== data.workbench) {
      // What was typed stays with its workbench.
      this.#keep();
      this.#draft = null;
      const field = atBottom(data.input, 'textarea');
      if (field) type(field, '');
    }
    this.#data = data;
    this.#draft ??= new Draft(data.workbench, () => this.#soon());
    this.#jump.textContent = data.texts.jump;
    this.#scrolling.show(data.latest, data.stop);
    if (data.copy && !copied.has(data.copy.id)) this.#copy(data.copy);
    this.#look();
  }

  // Another element of the same page brings them once an answer ended.
  take({ workbench, requests }) {
    if (this.#data?.workbench !== workbench) return;
    this.#data = { ...this.#data, requests };
    this.#look();
  }

  close() {
    if (current === this) current = null;
    this.#draft?.keep();
    this.#abort.abort();
    this.#changes.disconnect();
    this.#scrolling.close();
    cancelAnimationFrame(this.#frame);
    this.#root.remove();
  }

  #soon() {
    if (document.hidden) {
      this.#look();
    } else if (!this.#frame) {
      this.#frame = requestAnimationFrame(() => this.#look());
    }
  }

  #look() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#data || this.#abort.signal.aborted) return;
    this.#draft.look(atBottom(this.#data.input));
    this.#draw();
    this.#showEditor();
    this.#scrolling.look();
    this.#tellDrawn();
  }

  // Until then the app redraws an answer rarely, which leaves the browser time to make what is missing.
  #tellDrawn() {
    const { loading, stop } = this.#data;
    if (!loading || told === loading || !atBottom(stop, 'button')) return;
    told = loading;
    this.#tell('drawn', true);
  }

  #keep() {
    this.#look();
    this.#draft?.keep();
  }

  #draw() {
    const data = this.#data;
    const { text, files, lost } = this.#draft;
    if (this.#drawn[0] === data && this.#drawn[1] === this.#draft && this.#drawn[2] === this.#draft.version) return;
    this.#drawn = [data, this.#draft, this.#draft.version];
    const parts = text.trim() ? forecastParts(data, text, files.length > 0) : [{ text: data.hint }];
    this.#line.replaceChildren();
    for (const [index, part] of parts.entries()) {
      this.#line.append(index ? ` · ${part.text}` : part.text);
      if (part.basis) this.#line.append(' ', make('span', 'basis', { textContent: part.basis }));
    }
    this.#files.hidden = lost.length === 0;
    this.#files.textContent = lost.length ? fill(data.texts.not_sent, { names: lost.join(', ') }) : '';
  }

  #showEditor() {
    const { editor } = this.#data;
    if (!editor) opened = null;
    if (!editor || opened === editor.id) return;
    const field = document.querySelector(`.st-key-${CSS.escape(editor.key)} textarea`);
    if (!field) return;
    opened = editor.id;
    this.#scrolling.leave();
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    field.scrollIntoView({ block: 'center', behavior: calm ? 'auto' : 'smooth' });
    field.focus({ preventScroll: true });
    field.setSelectionRange(field.value.length, field.value.length);
  }

  async #copy({ id, text }) {
    copied.add(id);
    const { texts } = this.#data;
    if (await copy(text)) {
      this.#say(texts.copied);
      return;
    }
    const field = make('textarea', 'by-hand', { value: text, readOnly: true, ariaLabel: texts.by_hand });
    field.addEventListener('blur', () => field.remove());
    this.#root.append(field);
    field.focus();
    field.select();
    this.#say(texts.by_hand);
  }

  #say(text) {
    this.#said.textContent = text;
    setTimeout(() => this.#said.textContent === text && this.#said.replaceChildren(), SAID_MS);
  }
}

const mounted = new WeakMap();

export default function draw({ data: [data], parentElement, setTriggerValue }) {
  if (data.only_requests) {
    current?.take(data);
    return undefined;
  }
  let composer = mounted.get(parentElement);
  if (!composer) {
    composer = new Composer(parentElement);
    mounted.set(parentElement, composer);
  }
  composer.shown += 1;
  const { shown } = composer;
  composer.show(data, setTriggerValue);
  return () => {
    if (composer.shown !== shown) return;
    composer.close();
    mounted.delete(parentElement);
  };
}
