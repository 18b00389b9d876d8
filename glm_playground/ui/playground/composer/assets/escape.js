// Esc stops the running answer as the Stop button does, unless it has something nearer to close.

import { somethingIsOpen } from './overlay.js';

export function stopOnEscape(stopButton, signal) {
  let mayStop = false;
  const note = (event) => {
    // Before what is open takes the key and closes. An input method's own Esc ends a composition.
    mayStop = event.key === 'Escape' && !event.isComposing && event.keyCode !== 229 && !somethingIsOpen();
  };
  const stop = (event) => {
    if (event.key === 'Escape' && mayStop && !event.defaultPrevented) stopButton()?.click();
    mayStop = false;
  };
  window.addEventListener('keydown', note, { capture: true, signal });
  window.addEventListener('keydown', stop, { signal });
}
