// @vitest-environment happy-dom
import { act, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { renderOnPage } from "@/shared/testing";
import { editBox } from "./edit-box";

/** A box that React controls, and what it knows of the text. */
function Page() {
  const [text, setText] = useState("one two three");
  return (
    <>
      <textarea aria-label="Box" value={text} onChange={(event) => setText(event.target.value)} />
      <output>{text}</output>
    </>
  );
}

const setup = () => {
  renderOnPage(<Page />);
  return screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Box" });
};

afterEach(() => {
  Reflect.deleteProperty(document, "execCommand");
});

describe("editBox", () => {
  it.each([
    ["absent", undefined],
    ["refused", () => false],
  ])("replaces, and tells React, where execCommand is %s", (_, execCommand) => {
    if (execCommand) Object.assign(document, { execCommand });
    const box = setup();
    act(() => editBox(box, { start: 4, end: 7, insert: "2" }));
    expect(screen.getByRole("status").textContent).toBe("one 2 three");
    expect(box.value).toBe("one 2 three");
    expect([box.selectionStart, box.selectionEnd]).toEqual([5, 5]);
    expect(document.activeElement).toBe(box);
  });

  it.each([
    ["inserts", "2", ["insertText", false, "2"]],
    ["deletes", "", ["delete"]],
  ])("%s by execCommand, which can be undone", (_, insert, want) => {
    const selected: number[] = [];
    const execCommand = vi.fn((..._: unknown[]) => {
      selected.push(box.selectionStart, box.selectionEnd);
      return true;
    });
    Object.assign(document, { execCommand });
    const box = setup();
    act(() => editBox(box, { start: 4, end: 7, insert }));
    expect(execCommand.mock.calls).toEqual([want]);
    expect(selected).toEqual([4, 7]);
  });

  it("selects what it is told to, without an edit too", () => {
    const box = setup();
    act(() => editBox(box, { start: 4, end: 4, insert: "", selection: [4, 7] }));
    expect(box.value).toBe("one two three");
    expect([box.selectionStart, box.selectionEnd]).toEqual([4, 7]);
  });
});
