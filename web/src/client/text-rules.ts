/** The most code points a message may have; the server holds to the same. */
export const MAX_TEXT_RUNES = 4000;

/** How many code points the text has: what the server counts, not UTF-16 units. */
export function runeCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** What a person typed, as it can be sent: no NUL, no lone surrogates, no blank lines around. */
export function cleanText(text: string): string {
  return text
    .replaceAll("\u0000", "")
    .toWellFormed()
    .replace(/^(?:[^\S\n]*\n)+|\s+$/g, "");
}

/** Whether the server would take the text as a message. */
export function isSendable(text: string): boolean {
  return text.trim() !== "" && runeCount(text) <= MAX_TEXT_RUNES;
}
