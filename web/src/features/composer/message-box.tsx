import { chakra, Grid } from "@chakra-ui/react";
import { textareaRecipe } from "@chakra-ui/react/theme";
import { type ChangeEvent, type KeyboardEvent, type RefObject, useId, useState } from "react";
import type { User } from "@/client/frames";
import { loadedShortcodes } from "@/shared/emoji/shortcodes";
import { isTouchFirst } from "@/shared/pointer";
import { type Completion, completionEdit, type Option } from "./completion";
import { CompletionList, optionId } from "./completion-list";
import { editBox } from "./edit-box";
import { formatSelection } from "./formatting";
import { formatOf, isComposing, isSendKey } from "./keys";
import { closedShortcode } from "./shortcode-text";
import { type CompletionHandle, useCompletion } from "./use-completion";

/** How the box and what stands behind it are set, so that they break their lines alike. */
const FACE = {
  gridArea: "1 / 1",
  minW: "0",
  minH: "9",
  maxH: "40dvh",
  overflow: "hidden auto",
  py: "1.5",
  px: "2.5",
  textStyle: "md",
  visibility: "hidden",
} as const;

/** Chakra's own would bring all that a field of a form has into the first load. */
const Textarea = chakra("textarea", textareaRecipe);

export type MessageBoxProps = {
  readonly id: string;
  readonly box: RefObject<HTMLTextAreaElement | null>;
  readonly draft: string;
  readonly placeholder: string;
  /** The id of what says how the text is: too long, for one. */
  readonly describedBy: string;
  /** Who can be mentioned. */
  readonly people: readonly User[];
  readonly onEdit: (draft: string) => void;
  readonly onSubmit: () => void;
};

/** The box itself: as high as its text, with shortcuts, and with a list that completes what is begun. */
export function MessageBox(props: MessageBoxProps) {
  const { id, box, draft, people, onEdit, onSubmit } = props;
  const listId = useId();
  const [caret, setCaret] = useState<number>();
  const handle = useCompletion({ text: draft, caret, people });
  const { completion, active } = handle;

  const choose = ({ trigger }: Completion, option: Option | undefined): void => {
    if (box.current && option) editBox(box.current, completionEdit(draft, trigger, option));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (isComposing(event)) return;
    const action = completionAction(event, handle, choose) ?? boxAction(event, onSubmit);
    if (!action) return;
    event.preventDefault();
    action();
  };
  const onChange = (event: ChangeEvent<HTMLTextAreaElement>): void => {
    const element = event.target;
    onEdit(element.value);
    setCaret(caretOf(element));
    closeShortcode(element, event.nativeEvent);
  };

  return (
    <>
      {completion && (
        <CompletionList
          id={listId}
          completion={completion}
          active={active}
          onActive={handle.setActive}
          onChoose={(option) => choose(completion, option)}
        />
      )}
      {/* What is written lends the box its height, unseen: to measure the box would shrink it, and move the list. */}
      <Grid
        flex="1"
        minW="0"
        maxH="40dvh"
        data-draft={draft}
        _after={{ ...FACE, content: "attr(data-draft) ' '", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
      >
        <Textarea
          id={id}
          ref={box}
          value={draft}
          onChange={onChange}
          onKeyDown={onKeyDown}
          onSelect={(event) => setCaret(caretOf(event.currentTarget))}
          onBlur={() => setCaret(undefined)}
          placeholder={props.placeholder}
          aria-describedby={props.describedBy}
          {...comboboxProps(listId, completion, active)}
          rows={1}
          {...FACE}
          visibility="visible"
          h="full"
          resize="none"
          border="none"
          focusRing="none"
          dir="auto"
          autoComplete="off"
          enterKeyHint={isTouchFirst() ? "enter" : "send"}
        />
      </Grid>
    </>
  );
}

/** A text box that may say whether it is expanded is a combobox; without a list it stays the plain box that it is. */
function comboboxProps(listId: string, completion: Completion | undefined, active: number) {
  if (!completion) return { "aria-autocomplete": "list" } as const;
  return {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": true,
    "aria-controls": listId,
    "aria-activedescendant": optionId(listId, active),
  } as const;
}

/** What a key does to the open list. */
function completionAction(
  { key, shiftKey, altKey, ctrlKey, metaKey }: KeyboardEvent,
  { completion, active, move, dismiss }: CompletionHandle,
  choose: (completion: Completion, option: Option | undefined) => void,
): (() => void) | undefined {
  if (!completion || shiftKey || altKey || ctrlKey || metaKey) return undefined;
  if (key === "ArrowDown") return () => move(1);
  if (key === "ArrowUp") return () => move(-1);
  if (key === "Enter" || key === "Tab") return () => choose(completion, completion.options[active]);
  return key === "Escape" ? dismiss : undefined;
}

/** What a key does to the text. */
function boxAction(event: KeyboardEvent<HTMLTextAreaElement>, onSubmit: () => void): (() => void) | undefined {
  if (isSendKey(event)) return onSubmit;
  const format = formatOf(event);
  if (!format) return undefined;
  const element = event.currentTarget;
  const { value, selectionStart, selectionEnd } = element;
  return () => editBox(element, formatSelection(value, [selectionStart, selectionEnd], format));
}

/** A colon that has just been typed and closes a known shortcode makes an emoji of it. What is undone stays undone. */
function closeShortcode(element: HTMLTextAreaElement, event: Event): void {
  const isTyped = event instanceof InputEvent && event.inputType === "insertText" && event.data === ":";
  const shortcodes = loadedShortcodes();
  const caret = caretOf(element);
  if (!isTyped || !shortcodes || caret === undefined) return;
  const edit = closedShortcode(element.value, caret, shortcodes);
  if (edit) editBox(element, edit);
}

function caretOf({ selectionStart, selectionEnd }: HTMLTextAreaElement): number | undefined {
  return selectionStart === selectionEnd ? selectionStart : undefined;
}
