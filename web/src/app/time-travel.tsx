import { Button, Center, Flex, Spinner, Text } from "@chakra-ui/react";
import { useEffect, useState } from "react";
import type { Channel } from "@/client/channel";
import type { Chat } from "@/client/chat";
import type { MentionIndex } from "@/client/mentions";
import type { Past } from "@/client/past";
import { MessageList } from "@/features/chat/message-list";
import { TimeBar } from "@/features/time-travel/time-bar";
import { texts } from "@/shared/texts";
import { useEscape } from "@/shared/use-escape";
import { useStore } from "@/shared/use-store";
import { useFirstTime } from "./use-first-time";

const words = texts.past;

export type TimeTravelProps = {
  readonly chat: Chat;
  readonly channel: Channel;
  readonly mentionable: MentionIndex;
  /** Called with what is shown, for who wants to know who was here then. It must stay the same function. */
  readonly onPast: (past: Past) => void;
  readonly onBack: () => void;
};

/** The channel as it was at a moment of its past. Nothing can be written there. */
export function TimeTravel({ chat, channel, mentionable, onPast, onBack }: TimeTravelProps) {
  const first = useFirstTime(chat, channel.name);
  const [now] = useState(() => Date.now());
  const [moment, setMoment] = useState<number>();
  const { past, isFailed } = usePastAt(chat, channel.name, moment, onPast);
  useEscape(true, onBack);
  return (
    <>
      {first.kind === "known" ? (
        <TimeBar from={Math.min(first.at, now)} to={now} onMoment={setMoment} onBack={onBack} />
      ) : (
        <Notice kind={first.kind} onBack={onBack} />
      )}
      {past ? (
        <PastList
          key={"at" in past.place ? past.place.at : ""}
          past={past}
          channel={channel}
          mentionable={mentionable}
          onBack={onBack}
        />
      ) : (
        <Flex flex="1" minH="0" />
      )}
      <Text textStyle="sm" color="fg.muted" px={{ base: "4", md: "6" }} py="4" borderTopWidth="1px" role="status">
        {isFailed ? words.unreadable : words.readOnly}
      </Text>
    </>
  );
}

/** What was there at the moment; the moment before is shown until it is read. */
function usePastAt(chat: Chat, channel: string, moment: number | undefined, onPast: (past: Past) => void) {
  const [past, setPast] = useState<Past>();
  const [isFailed, setFailed] = useState(false);
  useEffect(() => {
    if (moment === undefined) return;
    const next = chat.past(channel, { at: new Date(moment).toISOString() });
    let isWanted = true;
    void next.open().then(() => {
      if (!isWanted) return;
      const isThere = next.state().place === "idle";
      setFailed(!isThere);
      if (!isThere) return;
      setPast(next);
      onPast(next);
    });
    return () => {
      isWanted = false;
      if (next.state().place !== "idle") next.close();
    };
  }, [chat, channel, moment, onPast]);
  return { past, isFailed };
}

type PastListProps = Pick<TimeTravelProps, "channel" | "mentionable" | "onBack"> & { readonly past: Past };

function PastList({ past, channel, mentionable, onBack }: PastListProps) {
  const { messages, hasOlder, older } = useStore(past, (state) => state);
  return (
    <MessageList
      channel={channel.name}
      self={channel.self}
      messages={messages}
      notes={NONE}
      pending={NONE}
      hasOlder={hasOlder}
      older={older}
      onLoadOlder={past.loadOlder}
      hasNewer={false}
      newer="idle"
      onLoadNewer={nothing}
      isReading={false}
      historyFailed={false}
      readTo={undefined}
      onSeen={nothing}
      onReadingBack={nothing}
      target={undefined}
      onToLatest={nothing}
      onEscape={onBack}
      onTryAgain={nothing}
      onDiscard={nothing}
      mentionable={mentionable}
    />
  );
}

const NONE: readonly never[] = [];

/** What was, cannot be answered, and nothing of it becomes read. */
function nothing(): void {}

type NoticeProps = { readonly kind: "reading" | "nothing" | "failed"; readonly onBack: () => void };

function Notice({ kind, onBack }: NoticeProps) {
  return (
    <Center gap="3" px="4" py="2" minH="12" bg="bg.info" color="fg.info" textStyle="sm" role="status">
      {kind === "reading" && <Spinner size="xs" aria-hidden />}
      {kind === "reading" ? words.readingAt : kind === "nothing" ? words.nothing : words.unreadable}
      <Button size="xs" onClick={onBack}>
        {words.back}
      </Button>
    </Center>
  );
}
