import { Box, Button, Center, Flex, Spinner, Text } from "@chakra-ui/react";
import { useMemo } from "react";
import type { Feed } from "@/client/fold";
import type { User } from "@/client/frames";
import type { Pending } from "@/client/outbox";
import { Name, Sentence } from "@/shared/name";
import { texts } from "@/shared/texts";
import { MessageRow } from "./message-row";
import { DayRow, FailedState, NotesRow } from "./rows";
import { type Row, timeline } from "./timeline";
import type { FeedHandle } from "./use-feed";
import { usePinnedScroll } from "./use-pinned-scroll";
import { useUnseen } from "./use-unseen";

const words = texts.chat;

export type MessageListProps = {
  readonly channel: string;
  readonly self: User;
  readonly handle: FeedHandle;
  readonly pending: readonly Pending[];
  readonly onTryAgain: (id: string) => void;
  readonly onDiscard: (id: string) => void;
};

/** What was said, with the newest at the end and in sight. */
export function MessageList({ channel, self, handle, pending, onTryAgain, onDiscard }: MessageListProps) {
  const { feed } = handle;
  const { messages, hasOlder, notes } = feed;
  const rows = useMemo(
    () => timeline({ messages, hasOlder, notes, pending, self }),
    [messages, hasOlder, notes, pending, self],
  );
  const { ref, contentRef, onScroll, atEnd, toEnd } = usePinnedScroll({
    first: rows[0]?.key,
    last: rows[rows.length - 1]?.key,
    own: pending[pending.length - 1]?.id,
  });
  const unseen = useUnseen(messages, atEnd, self.id);
  return (
    <Box position="relative" flex="1" minH="0">
      <Flex
        ref={ref}
        onScroll={onScroll}
        direction="column"
        h="full"
        overflowY="auto"
        overflowAnchor="none"
        overscrollBehavior="contain"
        pb="4"
        role="log"
        aria-label={words.messages(channel)}
        aria-busy={handle.isReading && messages.length === 0}
        tabIndex={0}
        focusRing="inside"
      >
        <Box ref={contentRef} mt="auto">
          <Top channel={channel} handle={handle} isEmpty={messages.length === 0} />
          {rows.map((row) => (
            <TimelineRow key={row.key} row={row} self={self} onTryAgain={onTryAgain} onDiscard={onDiscard} />
          ))}
        </Box>
      </Flex>
      {!atEnd && (
        <Button
          size="xs"
          rounded="full"
          shadow="md"
          position="absolute"
          bottom="3"
          left="50%"
          transform="translateX(-50%)"
          onClick={toEnd}
        >
          {words.latest(unseen)}
        </Button>
      )}
    </Box>
  );
}

type TimelineRowProps = Pick<MessageListProps, "self" | "onTryAgain" | "onDiscard"> & { readonly row: Row };

function TimelineRow({ row, self, onTryAgain, onDiscard }: TimelineRowProps) {
  switch (row.kind) {
    case "day":
      return <DayRow at={row.at} />;
    case "notes":
      return <NotesRow moves={row.moves} />;
    case "pending":
      return (
        <MessageRow
          user={self}
          isOwn
          at={row.at.getTime()}
          text={row.item.text}
          begins={row.begins}
          isSending={row.item.status === "sending"}
        >
          <FailedState item={row.item} onTryAgain={onTryAgain} onDiscard={onDiscard} />
        </MessageRow>
      );
    default: {
      const { from_user, text } = row.message;
      return (
        <MessageRow
          user={from_user}
          isOwn={from_user.id === self.id}
          at={row.at.getTime()}
          text={text}
          begins={row.begins}
        />
      );
    }
  }
}

type TopProps = { readonly channel: string; readonly handle: FeedHandle; readonly isEmpty: boolean };

/** What stands above the oldest message. */
function Top({ channel, handle, isEmpty }: TopProps) {
  const { feed, isReading, historyFailed } = handle;
  if (historyFailed) return <Notice text={words.historyMissing} />;
  if (isReading && isEmpty) {
    return (
      <Center gap="2" py="6" color="fg.muted" textStyle="sm">
        <Spinner size="sm" aria-hidden />
        {words.loading}
      </Center>
    );
  }
  if (feed.hasOlder) return <Older handle={handle} />;
  return <Beginning channel={channel} feed={feed} />;
}

function Older({ handle }: { readonly handle: FeedHandle }) {
  return (
    <Center flexDirection="column" py="4">
      {handle.olderFailed && <Notice text={words.olderFailed} />}
      <Button size="xs" variant="outline" loading={handle.isLoadingOlder} onClick={handle.loadOlder}>
        {words.loadOlder}
      </Button>
    </Center>
  );
}

function Beginning({ channel, feed }: { readonly channel: string; readonly feed: Feed }) {
  return (
    <Box px={{ base: "4", md: "6" }} pt="8" pb="2">
      <Text textStyle="lg" fontWeight="semibold" overflowWrap="anywhere">
        <Sentence of={words.beginning} name={<Name>{channel}</Name>} />
      </Text>
      {feed.messages.length === 0 && (
        <Text color="fg.muted">
          {words.empty} {words.emptyLead}
        </Text>
      )}
    </Box>
  );
}

function Notice({ text }: { readonly text: string }) {
  return (
    <Text role="status" alignSelf="center" textStyle="sm" color="fg.warning" px="4" py="3">
      {text}
    </Text>
  );
}
