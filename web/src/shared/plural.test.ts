import { expect, it } from "vitest";
import { counted, listed } from "./plural";

it.each([
  [0, "0 new messages"],
  [1, "1 new message"],
  [2, "2 new messages"],
  [1000, "1000 new messages"],
])("counts %d", (count, want) => {
  expect(counted(count, { one: "# new message", other: "# new messages" })).toBe(want);
});

it("has one form where the language needs no other", () => {
  expect(counted(1, { other: "# left" })).toBe("1 left");
});

it.each([
  [[], ""],
  [["Ada"], "Ada"],
  [["Ada", "Bob", "2 others"], "Ada, Bob, 2 others"],
])("lists %j", (items, want) => {
  expect(listed<string>(items, (text) => text).join("")).toBe(want);
});
