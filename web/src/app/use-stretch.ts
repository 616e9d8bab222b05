import { useMemo, useState } from "react";
import type { ChannelState } from "@/client/channel";
import type { Past, PastState } from "@/client/past";
import type { Target } from "@/features/chat/use-jump";
import { type Readable, useStore } from "@/shared/use-store";
import { type Stretch, stretchOf } from "./stretch";
import { type Pasts, useWindow } from "./use-window";

/** What of a channel its list is made of. */
export type Stretched = Readable<Pick<ChannelState, "feed" | "older" | "historyFailed">> & { readonly name: string };

/** What the list shows, the window that it may be a part of, and what it leads to. */
export type Shown = {
  readonly stretch: Stretch;
  readonly past: Past | undefined;
  readonly window: PastState | undefined;
  readonly target: Target | undefined;
};

/**
 * Shows what is live, or the past around a target. A window that has reached what is live goes on with it, and
 * never comes back when the two part again, as when the oldest of what is live is let go: now stays in sight.
 */
export function useStretch(pasts: Pasts, channel: Stretched, target: Target | undefined): Shown {
  const [leftKey, setLeftKey] = useState<number>();
  const wanted = target?.key === leftKey ? undefined : target;
  const past = useWindow(pasts, channel, wanted);
  const window = useStore(past ?? NO_PAST, (state) => state);
  const feed = useStore(channel, (state) => state.feed);
  const older = useStore(channel, (state) => state.older);
  const historyFailed = useStore(channel, (state) => state.historyFailed);
  const stretch = useMemo(
    () => stretchOf({ feed, older, historyFailed }, window),
    [feed, older, historyFailed, window],
  );
  const isJoined = stretch.isPast && !stretch.hasNewer;
  const [joined, setJoined] = useState<Past>();
  if (isJoined && past !== joined) setJoined(past);
  if (!isJoined && past && past === joined) setLeftKey(wanted?.key);
  return { stretch, past, window, target: wanted };
}

const NO_PAST: Readable<PastState | undefined> = { subscribe: () => () => {}, state: () => undefined };
