/** So many unfolded messages are remembered. */
const MAX_UNFOLDED = 500;

const unfolded = new Set<string>();

/** Whether a person has unfolded this one: a list that lets rows go shows it the same when it comes back. */
export function isUnfolded(key: string): boolean {
  return unfolded.has(key);
}

/** Remembers it, and forgets the ones touched the longest ago. */
export function setUnfolded(key: string, open: boolean): void {
  unfolded.delete(key);
  if (!open) return;
  unfolded.add(key);
  for (const oldest of unfolded) {
    if (unfolded.size <= MAX_UNFOLDED) break;
    unfolded.delete(oldest);
  }
}
