// @vitest-environment happy-dom
import { fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { renderOnPage } from "@/shared/testing";
import type { Move } from "./layout";
import { FailedState, NotesRow } from "./rows";
import { pendingAs } from "./timeline-testing";

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

describe("FailedState", () => {
  const setup = (reason?: string) => {
    const on = { onTryAgain: vi.fn(), onDiscard: vi.fn() };
    renderOnPage(
      <article tabIndex={-1} aria-label="Mine">
        <FailedState item={pendingAs("a", "failed", reason)} {...on} />
      </article>,
    );
    return { ...on, row: screen.getByRole("article") };
  };

  it.each<[want: string, reason: string | undefined]>([
    ["Not sent. Not here.", "Not here."],
    ["Not sent. The server did not take it, or it waited for more than a day.", ""],
    ["Not sent. The server did not take it, or it waited for more than a day.", undefined],
  ])("says %s", (want, reason) => {
    within(setup(reason).row).getByText(want);
  });

  it("is no alert, which would speak each time that its row is scrolled into sight", () => {
    setup("No.");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("leaves the focus to the row, as the button goes", () => {
    const { row, onTryAgain } = setup("No.");
    const button = screen.getByRole("button", { name: "Try again" });
    button.focus();
    fireEvent.click(button);
    expect(onTryAgain).toHaveBeenCalledWith("a");
    expect(document.activeElement).toBe(row);
  });

  it("takes no focus from elsewhere", () => {
    setup("No.");
    const box = document.body.appendChild(document.createElement("textarea"));
    box.focus();
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(document.activeElement).toBe(box);
    box.remove();
  });
});
