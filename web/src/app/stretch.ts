import type { ChannelState } from "@/client/channel";
import type { Message } from "@/client/messages";
import type { PageState } from "@/client/paging";
import type { PastState } from "@/client/past";

/** The stretch of a channel's messages that the list shows. */
export type Stretch = {
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly older: PageState;
  readonly hasNewer: boolean;
  readonly newer: PageState;
  readonly isReading: boolean;
  readonly historyFailed: boolean;
  /** Whether it is a window into the past, be it that it reaches to now or not. */
  readonly isPast: boolean;
};

/** What is shown: the window if there is one that has been read, else what is live. */
export function stretchOf(state: Pick<ChannelState, "feed" | "older" | "historyFailed">, past?: PastState): Stretch {
  const { feed, older, historyFailed } = state;
  if (!past || past.messages.length === 0 || past.epoch !== feed.position?.epoch) {
    const isReading = feed.chain.kind === "refetch";
    const { messages, hasOlder } = feed;
    return { messages, hasOlder, older, hasNewer: false, newer: "idle", isReading, historyFailed, isPast: false };
  }
  const joined = join(past.messages, feed.messages, feed.hasOlder);
  return {
    messages: joined ?? past.messages,
    hasOlder: past.hasOlder,
    older: past.older,
    hasNewer: joined === undefined,
    newer: past.newer,
    isReading: false,
    historyFailed: false,
    isPast: true,
  };
}

/** The window with what is live behind it, so that who reads on comes to now; undefined where something lies between. */
function join(window: readonly Message[], live: readonly Message[], hasOlder: boolean): readonly Message[] | undefined {
  const newest = window[window.length - 1]?.seq ?? 0;
  const oldest = live[0]?.seq ?? Number.POSITIVE_INFINITY;
  if (hasOlder && oldest > newest) return undefined;
  return [...window, ...live.slice(live.findLastIndex(({ seq }) => seq <= newest) + 1)];
}
