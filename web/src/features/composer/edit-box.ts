/** Puts `insert` in the place of what is from `start` to `end`, in UTF-16 units. */
export type Edit = {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
  /** What is selected after, in the text as it is then; without it the caret is past what was put in. */
  readonly selection?: readonly [start: number, end: number];
};

/** Edits the box as if a person had typed it: the box tells of it, and it can be undone. */
export function editBox(box: HTMLTextAreaElement, { start, end, insert, selection }: Edit): void {
  box.focus();
  if (start < end || insert !== "") {
    box.setSelectionRange(start, end);
    if (!type(insert)) replace(box, start, end, insert);
  }
  if (selection) box.setSelectionRange(...selection);
}

/** The one way to edit that keeps what can be undone. It is deprecated and without a successor: false where it is gone. */
function type(insert: string): boolean {
  if (typeof document.execCommand !== "function") return false;
  return insert === "" ? document.execCommand("delete") : document.execCommand("insertText", false, insert);
}

/** Sets the box past React, which else would take the event below for news that it knows. */
function replace(box: HTMLTextAreaElement, start: number, end: number, insert: string): void {
  const { value } = box;
  const native = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  native?.set?.call(box, value.slice(0, start) + insert + value.slice(end));
  box.setSelectionRange(start + insert.length, start + insert.length);
  box.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText", data: insert }));
}
