import type { Shortcodes } from "@/shared/emoji/shortcodes";
import { codeRanges, isInCode } from "./code-ranges";
import type { Edit } from "./edit-box";

type Emoji = Pick<Shortcodes, "emojiOf">;

/** A shortcode begins a word: 10:30:45 and a://b:c: hold none. */
const SHORTCODE = /(?<![\p{L}\p{N}_/]):([\w+-]+):/gu;
const SHORTCODE_AT_END = /(?<![\p{L}\p{N}_/]):([\w+-]+):$/u;

/** The longest text, in UTF-16 units, that a shortcode with its colons can be in. */
const LONGEST = 100;

/** Whether the text may hold shortcodes, known or not. */
export function mayHoldShortcodes(text: string): boolean {
  return text.search(SHORTCODE) >= 0;
}

/** The text with its known shortcodes as emoji, but for what is code. */
export function replaceShortcodes(text: string, emoji: Emoji): string {
  let result = "";
  let past = 0;
  for (const { start, end, state } of codeRanges(text)) {
    if (state === "unmatched") continue;
    result += replaceAll(text.slice(past, start), emoji) + text.slice(start, end);
    past = end;
  }
  return result + replaceAll(text.slice(past), emoji);
}

/** What makes an emoji of the shortcode that has just been closed at the caret. */
export function closedShortcode(text: string, caret: number, emoji: Emoji): Edit | undefined {
  const match = SHORTCODE_AT_END.exec(text.slice(Math.max(0, caret - LONGEST), caret));
  const insert = match?.[1] && emoji.emojiOf(match[1]);
  if (!match || !insert || isInCode(text, caret)) return undefined;
  return { start: caret - match[0].length, end: caret, insert };
}

function replaceAll(text: string, emoji: Emoji): string {
  return text.replace(SHORTCODE, (whole, code: string) => emoji.emojiOf(code) ?? whole);
}
