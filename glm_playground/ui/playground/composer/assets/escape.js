// Esc stops the running answer as the Stop button does, unless it has something nearer to close.

const OPEN = '[role="listbox"], [role="menu"], [role="dialog"], [role="alertdialog"]';
const NOTICES = '[data-testid="stToastContainer"]';

function somethingIsOpen() {
  const found = Array.from(document.querySelectorAll(OPEN));
  return found.some((element) => element.checkVisibility() && !element.closest(NOTICES));
}

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
