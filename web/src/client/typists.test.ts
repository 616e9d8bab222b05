import { describe, expect, it } from "vitest";
import { NOBODY_TYPES, nextStop, settled, TYPING_MS, typed } from "./typists";

const ADA = { id: "a", name: "Ada" };
const BOB = { id: "b", name: "Bob" };
const names = (typists: ReturnType<typeof typed>): string[] => [...typists.keys()];

describe("who types", () => {
  const both = typed(typed(NOBODY_TYPES, ADA, 0), BOB, 1_000);

  it("is forgotten after a while, each by themselves", () => {
    expect(names(settled(both, TYPING_MS - 1, new Set()))).toEqual(["a", "b"]);
    expect(names(settled(both, TYPING_MS, new Set()))).toEqual(["b"]);
    expect(names(settled(both, TYPING_MS + 1_000, new Set()))).toEqual([]);
  });

  it("goes on while it is said again", () => {
    expect(names(settled(typed(both, ADA, 5_000), TYPING_MS, new Set()))).toEqual(["a", "b"]);
  });

  it("has stopped with what they said", () => {
    expect(names(settled(both, 2_000, new Set(["a"])))).toEqual(["b"]);
  });

  it("is the same when nothing changed", () => {
    expect(settled(both, 2_000, new Set(["c"]))).toBe(both);
  });

  it("says when to look again", () => {
    expect(nextStop(both)).toBe(TYPING_MS);
    expect(nextStop(NOBODY_TYPES)).toBeUndefined();
  });

  it("is not more than can be read", () => {
    const crowd = Array.from({ length: 100 }, (_, i) => ({ id: String(i), name: String(i) }));
    expect(crowd.reduce((typists, user) => typed(typists, user, 0), NOBODY_TYPES).size).toBe(20);
  });
});
