// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { renderOnPage } from "@/shared/testing";
import type { Move } from "./layout";
import { NotesRow } from "./rows";

const move = (name: string, to: Move["to"]): Move => ({ user: { id: name, name }, to });
const setup = (...moves: Move[]) => renderOnPage(<NotesRow moves={moves} />).container;

describe("NotesRow", () => {
  it.each<[want: string, moves: Move[]]>([
    ["Rae joined", [move("Rae", "joined")]],
    ["Rae left", [move("Rae", "left")]],
    ["Rae left and came back", [move("Rae", "returned")]],
    ["Rae, Kim joined · Lou left", [move("Rae", "joined"), move("Lou", "left"), move("Kim", "joined")]],
    ["a, b, c, d, 1 other joined", [..."abcde"].map((name) => move(name, "joined"))],
    ["9 people joined · Rae left", [...[..."abcdefghi"].map((name) => move(name, "joined")), move("Rae", "left")]],
  ])("says %s", (want, moves) => {
    expect(setup(...moves).textContent).toBe(want);
  });

  it("isolates each name", () => {
    const container = setup(move("Eve\u202e", "joined"), move("Rae", "joined"));
    expect([...container.querySelectorAll("bdi")].map((name) => name.textContent)).toEqual(["Eve\u202e", "Rae"]);
  });
});
