// What lies open over the page: a list, a menu, a dialog.

const OPEN = '[role="listbox"], [role="menu"], [role="dialog"], [role="alertdialog"]';
const NOTICES = '[data-testid="stToastContainer"]';

export function somethingIsOpen() {
  const found = Array.from(document.querySelectorAll(OPEN));
  return found.some((element) => element.checkVisibility() && !element.closest(NOTICES));
}
