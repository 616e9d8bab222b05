import { describe, expect, it } from "vitest";
import { EMPTY_FEED, type Feed } from "@/client/fold";
import type { Message } from "@/client/messages";
import type { PastState } from "@/client/past";
import { messagesOf } from "@/client/testing/a-message";
import { stretchOf } from "./stretch";

const live = (messages: readonly Message[], hasOlder = true): { feed: Feed; older: "idle"; historyFailed: false } => ({
  feed: { ...EMPTY_FEED, messages, hasOlder, position: { epoch: "e", seq: 999 }, chain: { kind: "proven" } },
  older: "idle",
  historyFailed: false,
});

const past = (messages: readonly Message[], more: Partial<PastState> = {}): PastState => ({
  messages,
  hasOlder: true,
  hasNewer: true,
  older: "idle",
  newer: "idle",
  place: "idle",
  reason: undefined,
  people: undefined,
  atSeq: undefined,
  epoch: "e",
  ...more,
});

const seqs = (stretch: { messages: readonly Message[] }): number[] => stretch.messages.map(({ seq }) => seq);

describe("stretchOf", () => {
  it("shows what is live where there is no window, or an empty one, or one of another log", () => {
    for (const window of [undefined, past([]), past(messagesOf(1, 3), { epoch: "other" })]) {
      const stretch = stretchOf(live(messagesOf(90, 92)), window);
      expect([seqs(stretch), stretch.isPast, stretch.hasNewer]).toEqual([[90, 91, 92], false, false]);
    }
  });

  it("shows the window alone while something lies between it and now", () => {
    const stretch = stretchOf(live(messagesOf(90, 92)), past(messagesOf(10, 12)));
    expect([seqs(stretch), stretch.isPast, stretch.hasNewer]).toEqual([[10, 11, 12], true, true]);
  });

  it.each<[string, Message[], boolean]>([
    ["overlaps", messagesOf(10, 14), true],
    ["meets", messagesOf(10, 13), true],
    ["is followed by nothing else", messagesOf(10, 11), false],
  ])("goes on with what is live when the window %s it", (_, window, hasOlder) => {
    const stretch = stretchOf(live(messagesOf(13, 15), hasOlder), past(window));
    expect(stretch.hasNewer).toBe(false);
    expect(seqs(stretch)).toEqual([...new Set([...window.map(({ seq }) => seq), 13, 14, 15])]);
  });

  it("says that it is reading as long as the feed is not whole", () => {
    expect(stretchOf({ feed: EMPTY_FEED, older: "idle", historyFailed: false }).isReading).toBe(true);
  });
});
