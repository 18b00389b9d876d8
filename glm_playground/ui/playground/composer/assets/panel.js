// Streamlit's own arrow folds the panel beside the chat: it then closes as by its own button, so that the app knows.

import { storageOf } from './drafts.js';

const FOLDED = 'stSidebarCollapsed-';

// What Streamlit remembers of its arrow counts for more than what the app says: a folded panel would never open again.
function forget() {
  const storage = storageOf('localStorage');
  for (const key of storage ? Object.keys(storage) : []) {
    if (key.startsWith(FOLDED)) storage.removeItem(key);
  }
}

export function closeByArrow(signal) {
  forget();
  const look = ({ target }) => {
    if (target.closest('[data-testid="stSidebarCollapseButton"]')) {
      document.querySelector('.st-key-panel-close button')?.click();
    }
    // Streamlit notes it while it handles the click.
    setTimeout(forget);
  };
  document.addEventListener('click', look, { capture: true, signal });
}
