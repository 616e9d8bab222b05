import { useEffect, useState } from "react";
import type { ChannelState } from "@/client/channel";
import type { Message } from "@/client/messages";
import type { Past, PastPlace } from "@/client/past";
import type { Target } from "@/features/chat/use-jump";
import { type Readable, useStore } from "@/shared/use-store";

/** Where windows into a channel's past come from. */
export type Pasts = { readonly past: (channel: string, place: PastPlace) => Past };

export type Windowed = Readable<Pick<ChannelState, "feed">> & { readonly name: string };

/** Opens a window into the past around the target, where what is read of the channel does not have it. */
export function useWindow(pasts: Pasts, channel: Windowed, target: Target | undefined): Past | undefined {
  const [past, setPast] = useState<Past>();
  const isRead = useStore(channel, ({ feed }) => feed.messages.length > 0 || feed.chain.kind === "proven");
  const seq = target?.seq;
  const key = target?.key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: who wishes to be led to the same message once more, gets another window
  useEffect(() => {
    if (seq === undefined || !isRead || hasSeq(channel.state().feed.messages, seq)) return setPast(undefined);
    const past = pasts.past(channel.name, { around: seq });
    void past.open();
    setPast(past);
    return () => past.close();
  }, [pasts, channel, isRead, seq, key]);
  return seq === undefined ? undefined : past;
}

/** Whether a list in log order has the sequence. */
export function hasSeq(messages: readonly Message[], seq: number): boolean {
  const at = messages.findLastIndex((message) => message.seq <= seq);
  return messages[at]?.seq === seq;
}
