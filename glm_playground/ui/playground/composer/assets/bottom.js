// The page's lower edge, where the chat input and the button that stops are; a long page is not searched for it.

let found = null;

export function bottom() {
  if (!found?.isConnected) found = document.querySelector('[data-testid="stBottomBlockContainer"]');
  return found;
}

// What stands there under a Streamlit key.
export function atBottom(key, selector = '*') {
  return bottom()?.querySelector(`.st-key-${CSS.escape(key)} ${selector}`) ?? null;
}
