// @vitest-environment happy-dom
import { act, renderHook, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { ApiClient } from "@/client/api";
import type { ChannelState } from "@/client/channel";
import { EMPTY_FEED } from "@/client/fold";
import { Listeners } from "@/client/listeners";
import type { Message } from "@/client/messages";
import { Past } from "@/client/past";
import { messagesOf } from "@/client/testing/a-message";
import { useStretch } from "./use-stretch";

const LAST = 500;

/** A log of LAST messages, read as the real server lets it be read. */
const server: typeof fetch = async (input) => {
  const query = new URL(String(input), "http://chat").searchParams;
  const limit = Number(query.get("limit"));
  const before = query.has("before") ? Number(query.get("before")) : undefined;
  const from = before === undefined ? Number(query.get("after")) + 1 : Math.max(1, before - limit);
  const to = before === undefined ? Math.min(LAST, from + limit - 1) : before - 1;
  const has_more = before === undefined ? to < LAST : from > 1;
  return new Response(JSON.stringify({ messages: messagesOf(from, to), position: `e:${LAST}`, has_more }));
};

class Live {
  readonly name = "lobby";
  private readonly changes = new Listeners();
  private current: Pick<ChannelState, "feed" | "older" | "historyFailed"> = {
    feed: EMPTY_FEED,
    older: "idle",
    historyFailed: false,
  };
  readonly subscribe = this.changes.subscribe;
  readonly state = () => this.current;
  set(messages: readonly Message[]): void {
    const position = { epoch: "e", seq: LAST };
    const feed = { ...EMPTY_FEED, messages, hasOlder: true, position, chain: { kind: "proven" } as const };
    this.current = { ...this.current, feed };
    this.changes.tell();
  }
}

const seqs = (messages: readonly Message[]): (number | undefined)[] => [messages[0]?.seq, messages.at(-1)?.seq];

it("stays live when a window that has come to now is parted from it", async () => {
  const live = new Live();
  live.set(messagesOf(400, 500));
  const api = new ApiClient("", server);
  const pasts = { past: (_: string, place: Past["place"]) => new Past({ api, token: async () => "t" }, place) };
  const { result, rerender } = renderHook(({ target }) => useStretch(pasts, live, target), {
    initialProps: { target: { seq: 200, key: 1 } },
  });
  await waitFor(() => expect(seqs(result.current.stretch.messages)).toEqual([151, 250]));
  expect(result.current.stretch.hasNewer).toBe(true);

  await act(async () => result.current.past?.loadNewer());
  expect(seqs(result.current.stretch.messages)).toEqual([151, 500]);
  expect(result.current.stretch.hasNewer).toBe(false);

  act(() => live.set(messagesOf(480, 520)));
  expect(result.current.stretch).toMatchObject({ hasNewer: false, isPast: false, hasOlder: true });
  expect(seqs(result.current.stretch.messages)).toEqual([480, 520]);
  expect([result.current.target, result.current.past]).toEqual([undefined, undefined]);

  rerender({ target: { seq: 200, key: 2 } });
  await waitFor(() => expect(seqs(result.current.stretch.messages)).toEqual([151, 250]));
});
