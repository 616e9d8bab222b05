import { useCallback, useSyncExternalStore } from "react";
import type { Channel } from "@/client/channel";
import { COUNTED } from "@/client/unread";

/** The unread messages of all these channels as they are shown, "" when there are none. The channels must stay the same list. */
export function useUnread(channels: readonly Channel[]): string {
  const subscribe = useCallback(
    (listener: () => void) => {
      const ends = channels.map((channel) => channel.subscribe(listener));
      return () => {
        for (const end of ends) end();
      };
    },
    [channels],
  );
  return useSyncExternalStore(subscribe, () => unreadText(channels));
}

function unreadText(channels: readonly Channel[]): string {
  let count = 0;
  let isMore = false;
  for (const channel of channels) {
    const { unread } = channel.state();
    count += unread.count;
    isMore ||= unread.more;
  }
  if (count === 0) return "";
  return isMore || count > COUNTED ? `${Math.min(count, COUNTED)}+` : String(count);
}
