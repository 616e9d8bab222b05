/**
 * A part of a text that Markdown shows as code, from its first mark to past its last. `open`: a block that
 * goes on to the end. `unmatched`: marks that another one would make code of; until then they are text.
 */
export type CodeRange = {
  readonly start: number;
  readonly end: number;
  readonly state: "closed" | "open" | "unmatched";
};

/** What may begin code; a mark after a backslash does not. */
const OPENER = /\\.|^ {0,3}(?<fence>`{3,}(?=[^`\n]*$)|~{3,})|(?<marks>`+)/gms;

/** Finds code: blocks between fences, and spans within a paragraph. */
export function codeRanges(text: string): readonly CodeRange[] {
  const ranges: CodeRange[] = [];
  const opener = new RegExp(OPENER);
  for (let match = opener.exec(text); match; match = opener.exec(text)) {
    const { fence, marks } = match.groups ?? {};
    const past = opener.lastIndex;
    if (fence !== undefined) ranges.push(block(text, match.index, past, fence));
    else if (marks !== undefined) ranges.push(span(text, match.index, past));
    const last = ranges.at(-1);
    if (last && last.state !== "unmatched") opener.lastIndex = Math.max(past, last.end);
  }
  return ranges;
}

/** Whether what is written at `at` would be code: the text before it decides. */
export function isInCode(text: string, at: number): boolean {
  return codeRanges(text.slice(0, at)).some(({ end, state }) => state !== "closed" && end === at);
}

function block(text: string, start: number, past: number, fence: string): CodeRange {
  const closer = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}[^\\S\\n]*$`, "gm");
  closer.lastIndex = past;
  return closer.test(text)
    ? { start, end: closer.lastIndex, state: "closed" }
    : { start, end: text.length, state: "open" };
}

function span(text: string, start: number, past: number): CodeRange {
  const marks = /`+|\n[^\S\n]*\n/g;
  marks.lastIndex = past;
  for (let match = marks.exec(text); match; match = marks.exec(text)) {
    if (match[0].startsWith("\n")) return { start, end: match.index, state: "unmatched" };
    if (match[0].length === past - start) return { start, end: marks.lastIndex, state: "closed" };
  }
  return { start, end: text.length, state: "unmatched" };
}
