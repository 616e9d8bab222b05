import { afterEach, describe, expect, it, vi } from "vitest";
import { Shortcodes } from "./shortcodes";

const TABLE = {
  "😄": "smile grinning grin",
  "😃": "smiley",
  "👍": "+1 thumbsup",
  "🛩️": "small_airplane",
  "🐱": "cat",
  "😸": "smile_cat",
};

describe("Shortcodes", () => {
  const shortcodes = new Shortcodes(TABLE);

  it.each([
    ["smile", "😄"],
    ["SMILE", "😄"],
    ["+1", "👍"],
    ["thumbsup", "👍"],
    ["thumbs", undefined],
    ["constructor", undefined],
    ["", undefined],
  ])("knows %j as %s", (code, want) => {
    expect(shortcodes.emojiOf(code)).toBe(want);
  });

  it.each([
    ["a prefix, the shortest first", "sm", ["smile", "smiley", "smile_cat", "small_airplane"]],
    ["the shortest code of each", "gr", ["grin"]],
    ["the very code before the others", "cat", ["cat", "smile_cat"]],
    ["the beginning of an inner word, after prefixes", "c", ["cat", "smile_cat"]],
    ["an inner word alone", "airp", ["small_airplane"]],
    ["no middle of a word", "mile", []],
    ["a sign", "+1", ["+1"]],
  ])("finds %s", (_, query, want) => {
    expect(shortcodes.search(query, 8).map(({ code }) => code)).toEqual(want);
  });

  it("stops at as many as are wanted", () => {
    expect(shortcodes.search("sm", 2)).toEqual([
      { emoji: "😄", code: "smile" },
      { emoji: "😃", code: "smiley" },
    ]);
  });
});

describe("loadShortcodes", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("fetches once, and again only after a failure", async () => {
    vi.resetModules();
    const fetch = vi
      .fn()
      .mockRejectedValueOnce(new TypeError("no network"))
      .mockResolvedValueOnce(new Response("", { status: 503 }))
      .mockResolvedValue(Response.json(TABLE));
    vi.stubGlobal("fetch", fetch);
    const { loadShortcodes, loadedShortcodes } = await import("./shortcodes");

    await expect(loadShortcodes()).rejects.toThrow("no network");
    await expect(loadShortcodes()).rejects.toThrow("503");
    expect(loadedShortcodes()).toBeUndefined();
    const [one, two] = await Promise.all([loadShortcodes(), loadShortcodes()]);
    expect(one).toBe(two);
    expect(loadedShortcodes()?.emojiOf("smile")).toBe("😄");
    expect(fetch).toHaveBeenCalledTimes(3);
    expect(fetch).toHaveBeenCalledWith(expect.stringMatching(/^\/assets\/shortcodes-[\w-]{8}\.json$/));
  });
});
