import { useMemo } from "react";
import type { ListBottomProps, ListTopProps } from "./list-ends";
import type { MessageListProps } from "./message-list";
import type { Timeline } from "./timeline";
import type { TimelineRowProps } from "./timeline-row";

type Shown = {
  readonly timeline: Timeline;
  /** In front of this message the line "New" stands. */
  readonly newFrom: number | undefined;
  /** The row to which somebody was led. */
  readonly standsOut: string | undefined;
};

/** What the virtual list hands to its rows and to what stands at its ends. */
export type ListContext = Shown & {
  /** The same for all rows. */
  readonly shared: Omit<TimelineRowProps, "row" | "isNew" | "isTarget">;
  readonly top: ListTopProps;
  readonly bottom: ListBottomProps;
};

/** Gathers the context, which is another one only when something in it is. */
export function useListContext(props: MessageListProps, { timeline, newFrom, standsOut }: Shown): ListContext {
  const { channel, self, mentionable, onTryAgain, onDiscard } = props;
  const shared = useMemo(
    () => ({ channel, self, mentionable, onTryAgain, onDiscard }),
    [channel, self, mentionable, onTryAgain, onDiscard],
  );
  const { isReading, historyFailed, hasOlder, older, onLoadOlder } = props;
  const isEmpty = props.messages.length === 0;
  const top = useMemo(
    () => ({ channel, isEmpty, isReading, historyFailed, hasOlder, older, onLoadOlder }),
    [channel, isEmpty, isReading, historyFailed, hasOlder, older, onLoadOlder],
  );
  const { hasNewer, newer, onLoadNewer } = props;
  const bottom = useMemo(() => ({ hasNewer, newer, onLoadNewer }), [hasNewer, newer, onLoadNewer]);
  return useMemo(
    () => ({ timeline, newFrom, standsOut, shared, top, bottom }),
    [timeline, newFrom, standsOut, shared, top, bottom],
  );
}
