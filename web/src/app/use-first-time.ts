import { useEffect, useState } from "react";
import type { Chat } from "@/client/chat";

/** When a channel begins, in milliseconds since 1970, as far as that is known. */
export type FirstTime =
  | { readonly kind: "reading" | "nothing" | "failed" }
  | { readonly kind: "known"; readonly at: number };

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
          settle(message ? { kind: "known", at: Date.parse(message.sent_at) } : { kind: "nothing" }),
        () => settle({ kind: "failed" }),
      );
    return () => control.abort();
  }, [chat, channel]);
  return first;
}
