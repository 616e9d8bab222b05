import { useEffect, useState } from "react";
import type { Channel } from "@/client/channel";
import type { Chat } from "@/client/chat";
import type { Message } from "@/client/messages";
import type { Past } from "@/client/past";
import { useStore } from "@/shared/use-store";

/** A message that the address names; another `key` is another wish to be led there. */
export type Target = { readonly seq: number; readonly key: number };

/** Opens a window into the past around the target, where what is read of the channel does not have it. */
export function useWindow(chat: Chat, channel: Channel, target: Target | undefined): Past | undefined {
  const [past, setPast] = useState<Past>();
  const isRead = useStore(channel, ({ feed }) => feed.messages.length > 0 || feed.chain.kind === "proven");
  const seq = target?.seq;
  const key = target?.key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: who wishes to be led to the same message once more, gets another window
  useEffect(() => {
    if (seq === undefined || !isRead || hasSeq(channel.state().feed.messages, seq)) return setPast(undefined);
    const past = chat.past(channel.name, { around: seq });
    void past.open();
    setPast(past);
    return () => past.close();
  }, [chat, channel, isRead, seq, key]);
  return seq === undefined ? undefined : past;
}

/** Whether a list in log order has the sequence. */
export function hasSeq(messages: readonly Message[], seq: number): boolean {
  const at = messages.findLastIndex((message) => message.seq <= seq);
  return messages[at]?.seq === seq;
}
