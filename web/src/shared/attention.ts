/** Whether somebody looks at the page, as far as it can tell: it is in sight, and has the keys. */
export function isAttended(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
