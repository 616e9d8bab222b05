import { useEffect, useState } from "react";
import type { Chat } from "@/client/chat";

/** When a channel begins, in milliseconds since 1970, as far as that is known. */
export type FirstTime =
  | { readonly kind: "reading" | "nothing" | "failed" }
  | { readonly kind: "known"; readonly at: number };

/** The log's times are finer than ours: a millisecond later, in milliseconds, the message is there for sure. */
const FINER_MS = 1;

/** Asks for the time of the channel's first message. */
export function useFirstTime(chat: Chat, channel: string): FirstTime {
  const [first, setFirst] = useState<FirstTime>({ kind: "reading" });
  useEffect(() => {
    const control = new AbortController();
    const settle = (time: FirstTime): void => {
      if (!control.signal.aborted) setFirst(time);
    };
    chat.account
      .token(channel)
      .then((token) => chat.api.messages(token, { after: 0, limit: 1 }, control.signal))
      .then(
        ({ messages: [message] }) =>
          settle(message ? { kind: "known", at: Date.parse(message.sent_at) + FINER_MS } : { kind: "nothing" }),
        () => settle({ kind: "failed" }),
      );
    return () => control.abort();
  }, [chat, channel]);
  return first;
}
