import { expect, it } from "vitest";
import { matchesOf } from "./matches";

const OPEN = ["lobby", "engine-room", "room"];

it.each<[typed: string, open: string[], offered?: string]>([
  ["", ["lobby", "engine-room", "room"]],
  ["room", ["room", "engine-room"]],
  ["ROOM", ["room", "engine-room"]],
  ["#ro", ["room", "engine-room"], "ro"],
  ["new", [], "new"],
  ["no such.name", []],
  ["x".repeat(65), []],
])("finds for %j", (typed, open, offered) => {
  const want = open.map((name) => ({ name, isOpen: true }));
  expect(matchesOf(typed, OPEN)).toEqual(offered === undefined ? want : [...want, { name: offered, isOpen: false }]);
});
