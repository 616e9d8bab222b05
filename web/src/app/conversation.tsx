import { useCallback, useState } from "react";
import type { Channel } from "@/client/channel";
import type { Chat } from "@/client/chat";
import type { MentionIndex } from "@/client/mentions";
import { MessageList } from "@/features/chat/message-list";
import type { Target } from "@/features/chat/use-jump";
import { channelPath } from "@/shared/address";
import { useStore } from "@/shared/use-store";
import { visits } from "@/shared/visit";
import { PastBar } from "./past-bar";
import { useStretch } from "./use-stretch";

export type ConversationProps = {
  readonly chat: Chat;
  readonly channel: Channel;
  readonly target: Target | undefined;
  readonly mentionable: MentionIndex;
  /** The person leaves the list, to write. */
  readonly onEscape: () => void;
};

/** What is said in the channel, and what was said around the message that the address names. */
export function Conversation({ chat, channel, target, mentionable, onEscape }: ConversationProps) {
  const { stretch, past, window, ...shown } = useStretch(chat, channel, target);
  const notes = useStore(channel, (state) => state.feed.notes);
  const pending = useStore(channel, (state) => state.pending);
  const isConnected = useStore(channel, (state) => state.connection.kind === "open");
  const readTo = useReadTo(channel);
  const { isPast, ...messages } = stretch;

  const toLatest = useCallback(() => visits.goTo(channelPath(channel.name), { replace: true }), [channel.name]);
  const [rounds, setRounds] = useState(0);
  const leavePast = (): void => {
    setRounds(rounds + 1);
    toLatest();
  };
  const loadOlder = isPast && past ? past.loadOlder : channel.loadOlder;
  const loadNewer = past?.loadNewer ?? nothing;
  return (
    <>
      {past && window && (
        <PastBar
          state={window}
          seq={shown.target?.seq}
          isApart={stretch.hasNewer}
          onTryAgain={past.open}
          onLatest={leavePast}
        />
      )}
      <MessageList
        key={rounds} // one made anew begins at its end
        channel={channel.name}
        self={channel.self}
        notes={notes}
        pending={pending}
        readTo={readTo}
        onSeen={channel.markRead}
        onReadingBack={channel.setReadingBack}
        target={shown.target}
        onToLatest={toLatest}
        onEscape={onEscape}
        onTryAgain={channel.tryAgain}
        onDiscard={channel.discard}
        mentionable={mentionable}
        onLoadOlder={loadOlder}
        onLoadNewer={loadNewer}
        isConnected={isConnected}
        {...messages}
      />
    </>
  );
}

function nothing(): void {}

/** How far the channel was read when it was opened: what has come since is new, until the person looks again. */
function useReadTo(channel: Channel): number | undefined {
  const now = useStore(channel, (state) => state.readTo);
  const [then, setThen] = useState(now);
  if (then === undefined && now !== undefined) setThen(now);
  return then;
}
