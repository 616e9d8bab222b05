import { expect, it } from "vitest";
import { isUnfolded, setUnfolded } from "./fold-store";

it("remembers what was unfolded last, and forgets the rest", () => {
  for (let i = 0; i < 600; i++) setUnfolded(`m${i}`, true);
  expect(isUnfolded("m99")).toBe(false);
  expect(isUnfolded("m100")).toBe(true);
  setUnfolded("m100", true);
  setUnfolded("m600", true);
  expect([isUnfolded("m100"), isUnfolded("m101"), isUnfolded("m600")]).toEqual([true, false, true]);
  setUnfolded("m600", false);
  expect(isUnfolded("m600")).toBe(false);
});
