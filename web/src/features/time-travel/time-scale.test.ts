import { expect, it } from "vitest";
import { fromLocalField, stepOf, toLocalField } from "./time-scale";

const HOUR = 3_600_000;

it.each([
  [0, 1_000],
  [HOUR, 10_000],
  [24 * HOUR, 60_000],
  [7 * 24 * HOUR, 900_000],
  [300 * 24 * HOUR, 86_400_000],
  [10 * 365 * 24 * HOUR, 86_400_000],
])("a scale of %i ms has steps of %i ms", (length, want) => {
  expect(stepOf(length)).toBe(want);
});

it("reads back what the field shows", () => {
  const at = Date.UTC(2026, 0, 31, 12, 30, 5);
  expect(fromLocalField(toLocalField(at))).toBe(at);
  expect(fromLocalField("")).toBeUndefined();
  expect(fromLocalField("2026-13-77T00:00")).toBeUndefined();
});
