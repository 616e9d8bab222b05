import { Box, Flex, Input, Text } from "@chakra-ui/react";
import {
  type Emoji,
  type EmojiData,
  EmojiPicker,
  type EmojiPickerListEmojiProps,
  type EmojiPickerListRowProps,
} from "frimousse";
import { useCallback } from "react";
import { isTouchFirst } from "@/shared/pointer";
import { texts } from "@/shared/texts";
import { skinTone } from "./skin-tone";

const words = texts.emoji;

const COLUMNS = 8;

/** The parts that frimousse makes by the hundred are styled from here: each as a component of Chakra would be slow. */
const LOOKS = {
  "& [frimousse-category-header]": {
    bg: "bg.panel",
    color: "fg.muted",
    textStyle: "xs",
    fontWeight: "medium",
    px: "2",
    py: "1",
  },
  // Enough for the row after it and the header between: see Row.
  "& [frimousse-row]": { px: "1", scrollMarginBottom: "16" },
  "& [frimousse-emoji]": {
    flexShrink: "0",
    w: "calc(100% / var(--frimousse-list-columns))",
    h: "9",
    fontSize: "xl",
    lineHeight: "1",
    rounded: "md",
    cursor: "pointer",
    "&[data-active]": { bg: "bg.emphasized" },
  },
} as const;

export type EmojiGridProps = {
  readonly data: EmojiData;
  readonly onPick: (emoji: string) => void;
};

/** All emoji in a grid, with a search. It is what the picker loads when it is opened. */
export function EmojiGrid({ data, onPick }: EmojiGridProps) {
  const resolve = useCallback(() => data, [data]);
  return (
    <Flex asChild direction="column" h="full" minH="0">
      <EmojiPicker.Root
        columns={COLUMNS}
        skinTone={skinTone.state()}
        resolveEmojiData={resolve}
        onEmojiSelect={({ emoji }: Emoji) => onPick(emoji)}
      >
        <Flex gap="1" p="2" pb="1" align="center">
          <Input asChild size="sm" flex="1">
            {/* It belongs to no form: Enter here must not send what one writes around it. */}
            <EmojiPicker.Search form="" aria-label={words.search} placeholder={words.search} ref={focusFirst} />
          </Input>
          <Tone />
        </Flex>
        <Box asChild flex="1" minH="0" css={LOOKS} focusVisibleRing="inside">
          <EmojiPicker.Viewport tabIndex={0} aria-label={words.title} role="group">
            <EmojiPicker.Empty>
              {({ search }) => (
                <Text p="4" textStyle="sm" color="fg.muted" overflowWrap="anywhere">
                  {words.none(search)}
                </Text>
              )}
            </EmojiPicker.Empty>
            <EmojiPicker.List aria-label={words.title} components={PARTS} />
          </EmojiPicker.Viewport>
        </Box>
      </EmojiPicker.Root>
    </Flex>
  );
}

/**
 * frimousse numbers rows and columns from 0, and ARIA from 1. It also finds the row to scroll to by this
 * number, and so finds the one before it: the rows' margin for scrolling makes up for that.
 */
function Row(props: EmojiPickerListRowProps) {
  const counted = { ...props, "aria-rowindex": fromOne(props["aria-rowindex"]) };
  return <div {...counted} />;
}

function Cell({ emoji, ...props }: EmojiPickerListEmojiProps) {
  const counted = { ...props, "aria-colindex": fromOne(props["aria-colindex"]) };
  return (
    <button type="button" {...counted}>
      {emoji.emoji}
    </button>
  );
}

function fromOne(index: number | undefined): number | undefined {
  return index === undefined ? undefined : index + 1;
}

/** They stay the same, or all of the grid would be made anew each time. */
const PARTS = { Row, Emoji: Cell };

/** Goes through the tones of skin; the last one chosen stays. */
function Tone() {
  return (
    <EmojiPicker.SkinTone emoji="✋">
      {({ skinTone: chosen, setSkinTone, skinToneVariations }) => {
        const at = skinToneVariations.findIndex((variation) => variation.skinTone === chosen);
        const next = skinToneVariations[(at + 1) % skinToneVariations.length];
        return (
          <Flex asChild boxSize="9" flexShrink={0} align="center" justify="center" rounded="md" fontSize="xl">
            <button
              type="button"
              aria-label={words.tone(words.tones[chosen])}
              onClick={() => {
                if (!next) return;
                setSkinTone(next.skinTone);
                skinTone.set(next.skinTone);
              }}
            >
              {skinToneVariations[at]?.emoji}
            </button>
          </Flex>
        );
      }}
    </EmojiPicker.SkinTone>
  );
}

/** Called once, with the search as it comes to the page. */
function focusFirst(search: HTMLInputElement | null): void {
  if (search && !isTouchFirst()) search.focus();
}
