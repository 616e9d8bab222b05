import { describe, expect, it } from "vitest";
import { Shortcodes } from "@/shared/emoji/shortcodes";
import { closedShortcode, mayHoldShortcodes, replaceShortcodes } from "./shortcode-text";

const shortcodes = new Shortcodes({ "😄": "smile", "👍": "+1", "💯": "100" });

describe("replaceShortcodes", () => {
  it.each([
    ["hey :smile:", "hey 😄"],
    [":smile::+1:", "😄👍"],
    ["(:smile:)", "(😄)"],
    [":SMILE:", "😄"],
    [":nobody: :smile:", ":nobody: 😄"],
    [":nobody:smile:", ":nobody:smile:"],
    ["10:100:20", "10:100:20"],
    ["http://a/:100:/", "http://a/:100:/"],
    ["`:smile:` :smile:", "`:smile:` 😄"],
    ["```\n:smile:\n```\n:smile:", "```\n:smile:\n```\n😄"],
    ["it`s :smile:", "it`s 😄"],
    ["", ""],
  ])("%j becomes %j", (text, want) => {
    expect(replaceShortcodes(text, shortcodes)).toBe(want);
  });
});

describe("closedShortcode", () => {
  it.each([
    ["hey :smile:|", { start: 4, end: 11, insert: "😄" }],
    [":+1:| you", { start: 0, end: 4, insert: "👍" }],
    [":smile|:", undefined],
    [":nobody:|", undefined],
    ["10:100:|", undefined],
    ["`:smile:|", undefined],
    ["::|", undefined],
  ])("%j gives %j", (marked, want) => {
    const caret = marked.indexOf("|");
    expect(closedShortcode(marked.replace("|", ""), caret, shortcodes)).toEqual(want);
  });
});

describe("mayHoldShortcodes", () => {
  it.each([
    [":smile:", true],
    ["a :x: b", true],
    ["at 10:30:45", false],
    ["no", false],
  ])("%j: %s", (text, want) => {
    expect(mayHoldShortcodes(text)).toBe(want);
    expect(mayHoldShortcodes(text)).toBe(want);
  });
});
