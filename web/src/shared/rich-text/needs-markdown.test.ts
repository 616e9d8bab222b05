import { describe, expect, it } from "vitest";
import { needsMarkdown } from "./needs-markdown";

const COSTLY = [
  ..."*_[]`<>~@\\",
  ...["> ", "- ", "1. ", "> - ", "*a ", "*a_", "~~a", "[a](", "<a@", "![", "- a\n", "> a\n", "1.\n", "a@b."],
];

describe("needsMarkdown", () => {
  it.each([
    ["hello, world!", false],
    ["it's 5 - 3 = 2; isn't it? (yes) #1 a/b c:\\d | 100% ~5 a+b", false],
    ["two\nlines\n\n  and more", false],
    ["@Ada and @Bob", false],
    ["1.5 or -3 or 2024.", false],
    ["#channel: [x] & <b> <3", false],
    ["*", true],
    ["snake_case", true],
    ["`x`", true],
    ["~~x~~", true],
    ["[a](b)", true],
    ["<mailto:a@b>", true],
    ["a\n> b", true],
    ["  - b", true],
    ["a\n12) b", true],
    ["see https://e.com", true],
    ["HTTP://E.COM", true],
    ["www.e.com", true],
    ["ada@e.com", true],
  ])("%j: %s", (text, want) => {
    expect(needsMarkdown(text)).toBe(want);
  });

  it.each(COSTLY)("leaves 4,000 characters of %j alone", (part) => {
    expect(needsMarkdown(`${part.repeat(4000 / part.length)}*x*`)).toBe(false);
  });

  it("minds no marks in code", () => {
    expect(needsMarkdown(`see:\n\`\`\`c\n${"**p = *q[0];\n".repeat(200)}\`\`\``)).toBe(true);
  });
});
