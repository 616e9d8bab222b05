import { Button, Flex, Grid, Text, Textarea, VisuallyHidden } from "@chakra-ui/react";
import { type KeyboardEvent, useId, useState } from "react";
import { cleanText, isSendable, MAX_TEXT_RUNES, runeCount } from "@/client/text-rules";
import { isTouchFirst } from "@/shared/pointer";
import { texts } from "@/shared/texts";
import { useDraft } from "./use-draft";

const words = texts.composer;

/** The count shows when so many characters are left. */
const COUNT_FROM = 200;

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

export type ComposerProps = {
  readonly channel: string;
  /** Names the person and the channel, whose draft it is. */
  readonly owner: string;
  /** Takes a text for sending; false when it cannot. */
  readonly onSend: (text: string) => boolean;
};

/** Where a person writes. Enter sends; what was not taken stays. */
export function Composer({ channel, owner, onSend }: ComposerProps) {
  const id = useId();
  const [draft, setDraft] = useDraft(owner);
  const [isFull, setFull] = useState(false);
  const text = cleanText(draft);
  const left = MAX_TEXT_RUNES - runeCount(text);

  const submit = (): void => {
    if (!isSendable(text)) return;
    const taken = onSend(text);
    setFull(!taken);
    if (taken) setDraft("");
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
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
          align="flex-end"
          gap="2"
          p="1.5"
          borderWidth="1px"
          rounded="xl"
          bg="bg.panel"
          _focusWithin={{ borderColor: "teal.focusRing" }}
        >
          <VisuallyHidden asChild>
            <label htmlFor={id}>{words.label}</label>
          </VisuallyHidden>
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
              ref={focusFirst}
              value={draft}
              onChange={(event) => setDraft(event.target.value)}
              onKeyDown={onKeyDown}
              placeholder={words.placeholder(channel)}
              aria-describedby={`${id}-state`}
              rows={1}
              {...FACE}
              visibility="visible"
              h="full"
              resize="none"
              border="none"
              focusRing="none"
              dir="auto"
              enterKeyHint="send"
            />
          </Grid>
          <Button type="submit" size="sm" rounded="lg" disabled={!isSendable(text)}>
            {words.send}
          </Button>
        </Flex>
        <Text
          id={`${id}-state`}
          textStyle="xs"
          px="2"
          minH="4"
          color={left < 0 || isFull ? "fg.error" : "fg.muted"}
          hideBelow={isFull || left <= COUNT_FROM ? undefined : "md"}
        >
          {stateOf(left, isFull)}
        </Text>
      </form>
    </Flex>
  );
}

/** Called once, with the box as it comes to the page. */
function focusFirst(box: HTMLTextAreaElement | null): void {
  if (box && !isTouchFirst()) box.focus();
}

function stateOf(left: number, isFull: boolean): string {
  if (isFull) return words.full;
  if (left < 0) return words.tooLong(-left);
  return left <= COUNT_FROM ? words.remaining(left) : words.hint;
}
