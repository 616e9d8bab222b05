import { Button, Flex, IconButton, Text, VisuallyHidden } from "@chakra-ui/react";
import { memo, type RefObject, useEffect, useId, useMemo, useRef, useState } from "react";
import type { User } from "@/client/frames";
import { cleanText, isSendable, MAX_TEXT_RUNES, runeCount } from "@/client/text-rules";
import { EmojiPicker } from "@/shared/emoji/emoji-picker";
import { loadedShortcodes } from "@/shared/emoji/shortcodes";
import { Icon } from "@/shared/icon";
import { isTouchFirst } from "@/shared/pointer";
import { texts } from "@/shared/texts";
import { editBox } from "./edit-box";
import { MessageBox } from "./message-box";
import { replaceShortcodes } from "./shortcode-text";
import { useDraft } from "./use-draft";

const words = texts.composer;

/** The count shows when so many characters are left. */
const COUNT_FROM = 200;

export type ComposerProps = {
  readonly channel: string;
  /** Names the person and the channel, whose draft it is: the person's id, a space, the channel. */
  readonly owner: string;
  /** Who can be mentioned, in the order in which they are offered: those present, then authors of shown messages. */
  readonly people: readonly User[];
  /** Takes a text for sending; false when it cannot. */
  readonly onSend: (text: string) => boolean;
  /** Called on every edit that leaves text. */
  readonly onTyping: () => void;
};

/**
 * Where a person writes. Enter sends; what was not taken stays. With another owner it is another box: the
 * draft comes back, and nothing of the one before, as what can be undone, gets into it.
 */
export const Composer = memo(function Composer(props: ComposerProps) {
  return <Writing key={props.owner} {...props} />;
});

function Writing({ channel, owner, people, onSend, onTyping }: ComposerProps) {
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useDraft(owner);
  const [isFull, setFull] = useState(false);
  const text = cleanText(draft);
  const left = MAX_TEXT_RUNES - runeCount(text);
  const others = useMemo(() => people.filter(({ id }) => !owner.startsWith(`${id} `)), [people, owner]);
  useEffect(() => focusUnlessTouched(box.current), []);

  const edit = (draft: string): void => {
    setDraft(draft);
    setFull(false);
    if (draft.trim() !== "") onTyping();
  };
  const submit = (): void => {
    if (!isSendable(text)) return;
    const shortcodes = loadedShortcodes();
    const taken = onSend(shortcodes ? replaceShortcodes(text, shortcodes) : text);
    setFull(!taken);
    if (taken) setDraft("");
    focusUnlessTouched(box.current);
  };

  return (
    <Flex asChild direction="column" gap="1" px={{ base: "3", md: "6" }} pt="1" pb="3">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Flex
          position="relative"
          align="flex-end"
          gap="1"
          p="1.5"
          borderWidth="1px"
          rounded="xl"
          bg="bg.panel"
          _focusWithin={{ borderColor: "teal.focusRing" }}
        >
          <VisuallyHidden asChild>
            <label htmlFor={id}>{words.label}</label>
          </VisuallyHidden>
          <MessageBox
            id={id}
            box={box}
            draft={draft}
            placeholder={words.placeholder(channel)}
            describedBy={`${id}-state`}
            people={others}
            onEdit={edit}
            onSubmit={submit}
          />
          <EmojiButton box={box} />
          <Button type="submit" size="sm" rounded="lg" disabled={!isSendable(text)} onMouseDown={keepFocus}>
            {words.send}
          </Button>
        </Flex>
        <State id={`${id}-state`} left={left} isFull={isFull} />
      </form>
    </Flex>
  );
}

/** Opens all emoji, and puts the one that is picked at the caret. */
function EmojiButton({ box }: { readonly box: RefObject<HTMLTextAreaElement | null> }) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const pick = (emoji: string): void => {
    setOpen(false);
    if (!box.current) return;
    const { selectionStart: start, selectionEnd: end } = box.current;
    editBox(box.current, { start, end, insert: emoji });
  };
  return (
    <>
      <IconButton
        ref={button}
        size="sm"
        variant="ghost"
        colorPalette="gray"
        color="fg.muted"
        fontSize="lg"
        rounded="lg"
        aria-label={texts.emoji.open}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="smile" />
      </IconButton>
      {isOpen && <EmojiPicker id={id} opener={button} onPick={pick} onClose={() => setOpen(false)} />}
    </>
  );
}

type StateProps = { readonly id: string; readonly left: number; readonly isFull: boolean };

/** How the text is, or how to send it. What keeps it from being sent is read out, once. */
function State({ id, left, isFull }: StateProps) {
  return (
    <>
      <VisuallyHidden role="status" aria-label={words.state}>
        {isFull ? words.full : left < 0 && words.tooLongSaid}
      </VisuallyHidden>
      <Text
        id={id}
        textStyle="xs"
        px="2"
        minH="4"
        color={left < 0 || isFull ? "fg.error" : "fg.muted"}
        hideBelow={isFull || left <= COUNT_FROM ? undefined : "md"}
      >
        {stateOf(left, isFull)}
      </Text>
    </>
  );
}

function stateOf(left: number, isFull: boolean): string {
  if (isFull) return words.full;
  if (left < 0) return words.tooLong(-left);
  if (left <= COUNT_FROM) return words.remaining(left);
  return isTouchFirst() ? words.touchHint : words.hint;
}

/** To focus the box would open a keyboard over the page where there is none yet. */
function focusUnlessTouched(box: HTMLTextAreaElement | null): void {
  if (!isTouchFirst()) box?.focus();
}

/** A press on the button leaves one where one writes, and the keyboard of a phone open. */
function keepFocus(event: { preventDefault: () => void }): void {
  event.preventDefault();
}
