/**
 * Leaves the focus to another element as a button that was pressed goes: else the keys would begin again at the top of
 * the page. Where the focus is elsewhere it stays, as with who writes and touches the button.
 */
export function leaveFocus(button: HTMLElement, heir: HTMLElement | null): void {
  const { activeElement } = document;
  if (activeElement === button || activeElement === document.body) heir?.focus({ preventScroll: true });
}
