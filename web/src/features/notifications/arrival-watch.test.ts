import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChannelState } from "@/client/channel";
import { Listeners } from "@/client/listeners";
import type { Message } from "@/client/messages";
import { aMessage } from "@/client/testing/a-message";
import { ArrivalWatch, type Watched } from "./arrival-watch";
import { GATHER_MS } from "./notifier";

const BOB = { id: "b", name: "Bob" };
const message = (seq: number): Message => aMessage(seq, { from_user: BOB, text: `text ${seq}` });

const channelOf = (name: string) => {
  const arrivals = new Listeners<[messages: readonly Message[]]>();
  const watched: Watched = {
    name,
    self: { id: "a", name: "Ada" },
    onArrival: arrivals.subscribe,
    state: () => ({ readTo: 0 }) as ChannelState,
  };
  return { watched, come: (seq: number) => arrivals.tell([message(seq)]) };
};

const setup = () => {
  const show = vi.fn();
  return { show, watch: new ArrivalWatch({ show, isLookedAt: (name) => name === "seen", isWished: () => true }) };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells of what came before other channels were opened and left", () => {
  const { show, watch } = setup();
  const [lobby, room] = [channelOf("lobby"), channelOf("room")];
  watch.follow([lobby.watched, room.watched]);
  lobby.come(1);
  room.come(1);
  watch.follow([lobby.watched]);
  watch.follow([lobby.watched, channelOf("new").watched]);
  vi.advanceTimersByTime(GATHER_MS);
  expect(show).toHaveBeenCalledOnce();
  expect(show.mock.lastCall?.[0]).toMatchObject({ channel: "lobby", count: 1 });
});

it("follows a channel once, and the one that is there now", () => {
  const { show, watch } = setup();
  const [old, now] = [channelOf("lobby"), channelOf("lobby")];
  watch.follow([old.watched]);
  watch.follow([old.watched]);
  watch.follow([now.watched]);
  old.come(1);
  now.come(2);
  vi.advanceTimersByTime(GATHER_MS);
  expect(show).toHaveBeenCalledOnce();
  expect(show.mock.lastCall?.[0]).toMatchObject({ count: 1, last: { seq: 2 } });
});

it("is quiet about what somebody looks at, and when it was stopped", () => {
  const { show, watch } = setup();
  const [seen, lobby] = [channelOf("seen"), channelOf("lobby")];
  watch.follow([seen.watched, lobby.watched]);
  seen.come(1);
  lobby.come(1);
  watch.stop();
  lobby.come(2);
  vi.advanceTimersByTime(GATHER_MS);
  expect(show).not.toHaveBeenCalled();
});
