import { Box, Button } from "@chakra-ui/react";
import { type MouseEvent, useCallback, useLayoutEffect, useMemo, useRef } from "react";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import type { Note } from "@/client/fold";
import type { User } from "@/client/frames";
import type { MentionIndex } from "@/client/mentions";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import type { PageState } from "@/client/paging";
import { texts } from "@/shared/texts";
import { useFolded } from "@/shared/use-folded";
import { Announcer } from "./announcer";
import { DayLabel } from "./day-label";
import { leaveFocus } from "./leave-focus";
import { ListBottom, ListTop } from "./list-ends";
import { EMPTY_TIMELINE, extend, rowAt, type Timeline } from "./timeline";
import { renderRow } from "./timeline-row";
import { useAttention } from "./use-attention";
import { indexOfTarget, type Target, useJump } from "./use-jump";
import { type ListContext, useListContext } from "./use-list-context";
import { useListKeys } from "./use-list-keys";
import { usePages } from "./use-pages";
import { usePinnedScroll } from "./use-pinned-scroll";
import { useReading } from "./use-reading";
import { useToLatest } from "./use-to-latest";

const words = texts.chat;

/** So much of the list is ready above and below what is in sight, in pixels. */
const READY_PX = { top: 600, bottom: 400 };

/** What a row is taken to measure before it is there, in pixels. */
const ROW_PX = 32;

export type MessageListProps = {
  readonly channel: string;
  readonly self: User;
  readonly messages: readonly Message[];
  readonly notes: readonly Note[];
  /** What was sent and is not in the log yet. */
  readonly pending: readonly Pending[];
  readonly hasOlder: boolean;
  readonly older: PageState;
  readonly onLoadOlder: () => void;
  /** Whether the list is a window into the past: there is more behind its end, and nothing comes live. */
  readonly hasNewer: boolean;
  readonly newer: PageState;
  readonly onLoadNewer: () => void;
  /** Whether the server can be reached; a page that could not be read is asked for again when it can. */
  readonly isConnected?: boolean;
  readonly isReading: boolean;
  readonly historyFailed: boolean;
  /** What was read when the channel was opened. */
  readonly readTo: number | undefined;
  /** Called with the newest message when it is in sight of somebody. */
  readonly onSeen: (seq: number) => void;
  /** Called when the reader leaves the end, and when they are back. At the end older messages may be let go. */
  readonly onReadingBack: (isReadingBack: boolean) => void;
  /** A message to be led to, as soon as it is among the messages. */
  readonly target: Target | undefined;
  /** Called by who is in a window into the past and wants to the newest. */
  readonly onToLatest: () => void;
  /** Called by who leaves the list by Escape, to write. */
  readonly onEscape: () => void;
  readonly onTryAgain: (id: string) => void;
  readonly onDiscard: (id: string) => void;
  /** Those whose mentions are marked. */
  readonly mentionable: MentionIndex;
};

/** Few messages stand at the end, and what is above them stays with them; Virtuoso's own way parts the two. */
const FEW_AT_THE_END = {
  "& > [data-viewport-type]": { display: "flex", flexDirection: "column" },
  "& > [data-viewport-type] > *": { flexShrink: 0 },
  "& > [data-viewport-type] > :first-of-type": { marginTop: "auto" },
};

/** What was said, with the newest at the end and in sight. */
export function MessageList(props: MessageListProps) {
  return <ChannelList key={props.channel} {...props} />;
}

function ChannelList(props: MessageListProps) {
  const { channel, self, messages, pending, hasOlder, hasNewer, isReading, target, onEscape } = props;
  const virtuoso = useRef<VirtuosoHandle>(null);
  const isLive = !hasNewer && !(isReading && messages.length === 0);
  const timeline = useTimeline(props);
  const lastKey = rowAt(timeline, timeline.first + timeline.count - 1)?.key;
  const { attach, list, atEnd, isShown, toEnd, release, leave } = usePinnedScroll(lastKey);
  const isSeen = useAttention() && atEnd && isShown;
  const { unseen, newFrom } = useReading({ ...props, isLive, isSeen, selfId: self.id });
  const standsOut = useJump({ target, timeline, hasOlder, list, virtuoso, leave });
  const toLatest = useToLatest({ ...props, atEnd, toEnd });
  const onKeyDown = useListKeys({ list, virtuoso, timeline, toEnd: toLatest, release, onEscape });
  const start = indexOfTarget(timeline, target, hasOlder);
  const onRange = usePages({ ...props, timeline, opensAt: start ?? timeline.first + timeline.count - 1 });
  const keepFocus = useFocusKept(list);
  const context = useListContext(props, { timeline, newFrom, standsOut });
  return (
    <Box position="relative" flex="1" minH="0" {...keepFocus}>
      <Box asChild overscrollBehavior="contain" focusRing="inside" css={FEW_AT_THE_END}>
        <Virtuoso
          key={timeline.generation}
          ref={virtuoso}
          scrollerRef={attach}
          context={context}
          totalCount={timeline.count}
          firstItemIndex={timeline.first}
          initialTopMostItemIndex={
            start === undefined ? { index: "LAST", align: "end" } : { index: start - timeline.first, align: "center" }
          }
          computeItemKey={keyOfRow}
          itemContent={renderRow}
          components={PARTS}
          increaseViewportBy={READY_PX}
          defaultItemHeight={ROW_PX}
          rangeChanged={onRange}
          skipAnimationFrameInResizeObserver
          role="log"
          aria-label={words.messages(channel)}
          aria-live="off"
          aria-busy={isReading && messages.length === 0}
          tabIndex={0}
          onKeyDown={onKeyDown}
        />
      </Box>
      <Announcer messages={messages} pending={pending} isLive={isLive} selfId={self.id} />
      {!atEnd && <DayLabel list={list} timeline={timeline} />}
      {(!atEnd || hasNewer) && <LatestButton unseen={unseen} list={list} onClick={toLatest} />}
    </Box>
  );
}

function useTimeline({ messages, hasOlder, hasNewer, notes, pending, self }: MessageListProps): Timeline {
  const step = useCallback(
    (before: Timeline) => extend(before, { messages, hasOlder, hasNewer, notes, pending, self }),
    [messages, hasOlder, hasNewer, notes, pending, self],
  );
  return useFolded(EMPTY_TIMELINE, step);
}

/** The list is made anew where nothing of it stays; who was in it by keys still is. */
function useFocusKept(list: HTMLElement | null) {
  const hasFocus = useRef(false);
  useLayoutEffect(() => {
    if (hasFocus.current && document.activeElement === document.body) list?.focus({ preventScroll: true });
  }, [list]);
  return useMemo(() => {
    const set = (to: boolean) => () => {
      hasFocus.current = to;
    };
    return { onFocus: set(true), onBlur: set(false) };
  }, []);
}

type WithContext = { readonly context: ListContext };

const PARTS = {
  Header: ({ context }: WithContext) => <ListTop {...context.top} />,
  Footer: ({ context }: WithContext) => <ListBottom {...context.bottom} />,
};

function keyOfRow(index: number, _: unknown, { timeline }: ListContext): string {
  return rowAt(timeline, index)?.key ?? `${index}`;
}

type LatestButtonProps = {
  readonly unseen: number;
  readonly list: HTMLElement | null;
  readonly onClick: () => void;
};

function LatestButton({ unseen, list, onClick }: LatestButtonProps) {
  const press = ({ currentTarget }: MouseEvent<HTMLElement>): void => {
    leaveFocus(currentTarget, list);
    onClick();
  };
  return (
    <Button
      size="xs"
      rounded="full"
      shadow="md"
      position="absolute"
      bottom="3"
      left="50%"
      transform="translateX(-50%)"
      onClick={press}
    >
      {words.latest(unseen)}
    </Button>
  );
}
