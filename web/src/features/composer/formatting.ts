import type { Edit } from "./edit-box";

/** How a selection can be marked in Markdown. */
export type Format = "bold" | "italic" | "code";

const MARKS = { bold: "**", italic: "_", code: "`" } as const satisfies Record<Format, string>;

/** Marks what is selected, or takes the marks off that are around it already; without a selection the caret is between them. */
export function formatSelection(text: string, selected: readonly [start: number, end: number], format: Format): Edit {
  const [start, end] = trim(text, selected);
  const chosen = text.slice(start, end);
  if (format === "code" && chosen.includes("\n")) return fence(text, start, end);
  const mark = format === "code" ? codeMark(chosen) : MARKS[format];
  const outer = [start - mark.length, end + mark.length] as const;
  if (text.slice(outer[0], start) === mark && text.slice(end, outer[1]) === mark) {
    return { start: outer[0], end: outer[1], insert: chosen, selection: [outer[0], outer[0] + chosen.length] };
  }
  if (isMarked(chosen, mark)) {
    const bare = chosen.slice(mark.length, -mark.length);
    return { start, end, insert: bare, selection: [start, start + bare.length] };
  }
  const from = start + mark.length;
  return { start, end, insert: mark + chosen + mark, selection: [from, from + chosen.length] };
}

/** Marks stand against the words: with white space inside they would mark nothing. */
function trim(text: string, [start, end]: readonly [number, number]): readonly [number, number] {
  const chosen = text.slice(start, end);
  const bare = chosen.trim();
  if (bare === "") return [end, end];
  const from = start + chosen.indexOf(bare);
  return [from, from + bare.length];
}

function isMarked(chosen: string, mark: string): boolean {
  return chosen.length > 2 * mark.length && chosen.startsWith(mark) && chosen.endsWith(mark);
}

/** Longer than any run of marks inside; a selection that is marked code already keeps its own. */
function codeMark(chosen: string): string {
  const around = /^(`+)[^`]+\1$/.exec(chosen)?.[1];
  if (around !== undefined) return around;
  return MARKS.code.repeat(longestRun(chosen) + 1);
}

function longestRun(chosen: string): number {
  return Math.max(0, ...Array.from(chosen.matchAll(/`+/g), ([run]) => run.length));
}

/** Several lines of code are a block, whose fences have lines of their own. */
function fence(text: string, start: number, end: number): Edit {
  const chosen = text.slice(start, end);
  const marks = "`".repeat(Math.max(3, longestRun(chosen) + 1));
  const before = start === 0 || text[start - 1] === "\n" ? `${marks}\n` : `\n${marks}\n`;
  const after = end === text.length || text[end] === "\n" ? `\n${marks}` : `\n${marks}\n`;
  const from = start + before.length;
  return { start, end, insert: before + chosen + after, selection: [from, from + chosen.length] };
}
