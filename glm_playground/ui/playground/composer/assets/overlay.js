// What lies open over the page: a list, a menu, a dialog.

const OPEN = '[role="listbox"], [role="menu"], [role="dialog"], [role="alertdialog"]';
const NOTICES = '[data-testid="stToastContainer"]';

export function somethingIsOpen() {
  // They are drawn beside the page, which may be long.
  const beside = Array.from(document.body.children).filter((element) => element.id !== 'root');
  const found = beside.flatMap((element) => Array.from(element.querySelectorAll(OPEN)));
  return found.some((element) => element.checkVisibility() && !element.closest(NOTICES));
}
