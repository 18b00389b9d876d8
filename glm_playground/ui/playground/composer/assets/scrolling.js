// Follows an answer as it grows, unless the reader scrolled up; then a button leads back down.
//
// Streamlit's own following, which an input that it places itself turns on, takes a turn of the wheel back while the
// page grows. So the input stands in `st.bottom`, where Streamlit follows nothing, and this does.

import { atBottom, bottom } from './bottom.js';
import { somethingIsOpen } from './overlay.js';

const AT_BOTTOM_PX = 32;
const WORTH_A_BUTTON_PX = 120;
// What is drawn within this time after an answer's end still belongs to it.
const AFTERWARDS_MS = 1500;
// So long may a new turn, or the page when it opens, take to be drawn.
const BEGINNING_MS = 5000;
// So long after a finger or the scroll bar moved, a page that stands elsewhere was moved by it.
const TOUCHED_MS = 1000;
const UPWARDS = new Set(['ArrowUp', 'PageUp', 'Home']);

export class Scrolling {
  #main = null;
  #content = null;
  #following = true;
  #until = 0;
  #top = 0;
  #height = 0;
  #latest = null;
  #stopKey = '';
  #running = false;
  #touched = -Infinity;
  #abort = new AbortController();
  #resized = new ResizeObserver(() => this.#settle());

  constructor(button) {
    this.button = button;
    button.addEventListener('click', (event) => this.#jump(event), { signal: this.#abort.signal });
  }

  // `latest` names the newest turn, "" if there are no turns: a new one is shown wherever the reader is.
  show(latest, stopKey) {
    this.#stopKey = stopKey;
    if (latest === this.#latest) return;
    this.#latest = latest;
    this.#following = latest !== '';
    this.#until = performance.now() + BEGINNING_MS;
    this.#settle();
  }

  // Finds the scrolling part of the page, which Streamlit may draw anew.
  look() {
    const main = document.getElementById('stMain');
    const content = main?.querySelector('[data-testid="stMainBlockContainer"]') ?? null;
    if (main !== this.#main || content !== this.#content) {
      this.#resized.disconnect();
      this.#main = main;
      this.#content = content;
      if (!main || !content) return;
      this.#top = main.scrollTop;
      this.#height = main.scrollHeight;
      this.#resized.observe(content);
      this.#resized.observe(main);
      const options = { passive: true, signal: this.#abort.signal };
      main.addEventListener('scroll', () => this.#settle(), options);
      main.addEventListener('wheel', (event) => (event.deltaY < 0 ? this.leave() : this.#arrive(event.deltaY)), options);
      main.addEventListener('keydown', (event) => this.#leaveBy(event), options);
      main.addEventListener('touchmove', () => this.#touch(), options);
      main.addEventListener('pointerdown', (event) => event.target === main && this.#touch(), options);
    }
    this.#settle();
  }

  close() {
    this.#abort.abort();
    this.#resized.disconnect();
  }

  // Stays where the page is from now on.
  leave() {
    if (this.#main?.scrollTop > 0) this.#following = false;
  }

  // Follows from now on where `step` px further down is the end, wherever that will be once the step is taken.
  #arrive(step) {
    if (step > 0 && this.#gap <= step + AT_BOTTOM_PX) this.#following = this.#latest !== '';
  }

  #touch() {
    this.#touched = performance.now();
  }

  #leaveBy(event) {
    if (UPWARDS.has(event.key) && !event.target.closest('input, textarea, [role="listbox"], [role="menu"]')) this.leave();
  }

  get #gap() {
    return this.#main.scrollHeight - this.#main.clientHeight - this.#main.scrollTop;
  }

  #settle() {
    const main = this.#main;
    if (!main) return;
    const { scrollTop, scrollHeight } = main;
    const now = performance.now();
    // A page that shrank for a moment stands higher too, and lower where the browser holds what is read in its place.
    const isTheReaders = scrollHeight === this.#height || now < this.#touched + TOUCHED_MS;
    if (isTheReaders && scrollTop < this.#top - 1) this.#following = false;
    else if (isTheReaders && scrollTop > this.#top && this.#gap <= AT_BOTTOM_PX) this.#following = this.#latest !== '';
    const running = atBottom(this.#stopKey, 'button') !== null;
    if (running || this.#running) this.#until = now + AFTERWARDS_MS;
    this.#running = running;
    const behind = this.#following && now < this.#until && this.#gap > 0;
    // A list closes when the page moves below it.
    if (behind && !somethingIsOpen()) main.scrollTop = main.scrollHeight;
    this.#top = main.scrollTop;
    this.#height = scrollHeight;
    this.#place();
  }

  #place() {
    const edge = bottom()?.getBoundingClientRect();
    const hidden = !this.#latest || !edge || this.#gap <= WORTH_A_BUTTON_PX;
    if (this.button.hidden !== hidden) this.button.hidden = hidden;
    if (hidden) return;
    this.button.style.left = `${Math.round(edge.left + edge.width / 2)}px`;
    this.button.style.bottom = `${Math.round(window.innerHeight - edge.top + 4)}px`;
  }

  #jump(event) {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#following = true;
    this.#main.scrollTo({ top: this.#main.scrollHeight, behavior: calm ? 'auto' : 'smooth' });
    // The button goes; who pressed it with a key must not be left nowhere.
    if (event.detail === 0) this.#main.focus({ preventScroll: true });
  }
}
