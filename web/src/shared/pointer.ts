/**
 * Whether focusing a field would open a keyboard over the page. A machine without any pointer, as one that
 * is used by keys alone, is none of these, which is why a fine one is not asked for.
 */
export function isTouchFirst(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
