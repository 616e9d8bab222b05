import { isTouchFirst } from "./pointer";

/**
 * A ref for what may go away while the focus is in it: who uses the keys then goes on where they write, or at the
 * messages where that would open a keyboard, and not at the beginning of the page. What took the focus meanwhile keeps it.
 */
export function handsFocusOn(element: HTMLElement | null): (() => void) | undefined {
  if (!element) return undefined;
  return () => {
    if (element.contains(document.activeElement)) requestAnimationFrame(focusChannel);
  };
}

/** Gives the focus, where nothing has it, to what is open over the page or else to the channel. */
export function focusChannel(): void {
  if (document.activeElement !== null && document.activeElement !== document.body) return;
  const places = [
    '[role="dialog"][aria-modal="true"]',
    ...(isTouchFirst() ? [] : ["main textarea"]),
    'main [role="log"]',
  ];
  const element = places.map((place) => document.querySelector<HTMLElement>(place)).find((found) => found !== null);
  element?.focus({ preventScroll: true });
}
