import { describe, expect, it } from "vitest";
import { codeRanges, isInCode } from "./code-ranges";

const codeOf = (text: string): string[] =>
  codeRanges(text)
    .filter(({ state }) => state !== "unmatched")
    .map(({ start, end }) => text.slice(start, end));

describe("codeRanges", () => {
  it.each([
    ["nothing", "plain words", []],
    ["a span", "say `this` now", ["`this`"]],
    ["two spans", "`a` and `b`", ["`a`", "`b`"]],
    ["a span of two marks with one inside", "x ``a ` b`` y", ["``a ` b``"]],
    ["a span over a line's end", "`a\nb`", ["`a\nb`"]],
    ["no span over a paragraph's end", "`a\n\nb`", []],
    ["no span without its end", "it`s so", []],
    ["the span after a mark without its own", "``a `b`", ["`b`"]],
    ["no span behind a backslash", "\\`a` b", []],
    ["a backslash inside as it is", "`a\\` b", ["`a\\`"]],
    ["a block", "so:\n```js\nlet a\n```\nand", ["```js\nlet a\n```"]],
    ["a block that goes on", "```\nlet a\n", ["```\nlet a\n"]],
    ["a block by tildes with marks inside", "~~~\n```\n~~~\nx", ["~~~\n```\n~~~"]],
    ["a block that fewer marks do not end", "````\na\n```\nb\n````", ["````\na\n```\nb\n````"]],
    ["three marks in a line as a span", "a ```b``` c", ["```b```"]],
    ["three marks around one line as a span", "```b``` c", ["```b```"]],
  ])("finds %s", (_, text, want) => {
    expect(codeOf(text)).toEqual(want);
  });

  it("stays quick with nothing but marks", () => {
    const text = Array.from({ length: 180 }, (_, i) => "`".repeat(i + 1)).join(" ");
    expect(codeOf(text)).toEqual([]);
  });
});

describe("isInCode", () => {
  it.each([
    ["`a|", true],
    ["`a`|", false],
    ["`a|`", true],
    ["it`s\n\nso|", false],
    ["```\na|", true],
    ["```\na\n```\nb|", false],
    ["a|", false],
  ])("%j is %s", (marked, want) => {
    const at = marked.indexOf("|");
    expect(isInCode(marked.replace("|", ""), at)).toBe(want);
  });
});
