// The draft in Streamlit's chat input: followed as it is typed, kept, and put back.

import { DraftPlace } from './drafts.js';

const KEEP_AFTER_MS = 300;

// Sets a text area's value so that React takes it for typed.
export function type(textarea, text) {
  const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value');
  set.call(textarea, text);
  textarea.dispatchEvent(new Event('input', { bubbles: true }));
}

export class Draft {
  text = '';
  files = [];
  // Names of files that were attached before a reload and are not attached now.
  lost = [];
  // Another number for each change of the three.
  version = 0;

  #place = null;
  #textarea = null;
  #timer = 0;
  #waiting = false;

  constructor(workbench, changed) {
    this.workbench = workbench;
    this.changed = changed;
    this.#restore();
  }

  async #restore() {
    const place = await DraftPlace.open(this.workbench);
    const record = await place.take();
    this.#place = place;
    if (record) {
      this.lost = record.files;
      this.#waiting = record.text !== '' && this.text === '';
      if (this.#waiting) this.text = record.text;
      this.version += 1;
    }
    this.changed();
  }

  // Reads what the chat input holds now.
  look(input) {
    const textarea = input?.querySelector('textarea');
    if (!textarea) return;
    const isNew = textarea !== this.#textarea;
    this.#textarea = textarea;
    // An input that was drawn anew has lost what was typed.
    if ((isNew || this.#waiting) && textarea.value === '' && this.text !== '') {
      type(textarea, this.text);
    }
    this.#waiting = false;
    const files = Array.from(input.querySelectorAll('[data-testid="stFileChipName"]'), (chip) => chip.title);
    this.#note(textarea.value, files);
  }

  #note(text, files) {
    const same = text === this.text && files.length === this.files.length && files.every((name, at) => name === this.files[at]);
    const wasEmpty = this.text === '' && this.files.length === 0;
    const isEmpty = text === '' && files.length === 0;
    if (same) return;
    this.version += 1;
    this.text = text;
    this.files = files;
    // It was sent, or taken back altogether.
    if (isEmpty && !wasEmpty) this.lost = [];
    this.lost = this.lost.filter((name) => !files.includes(name));
    clearTimeout(this.#timer);
    if (isEmpty) this.keep();
    else this.#timer = setTimeout(() => this.keep(), KEEP_AFTER_MS);
  }

  keep() {
    clearTimeout(this.#timer);
    this.#place?.keep(this.text, [...this.files, ...this.lost]);
  }
}
