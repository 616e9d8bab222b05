// @vitest-environment happy-dom
import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Message } from "@/client/messages";
import { useUnseen } from "./use-unseen";

afterEach(cleanup);

const messages = (...seqs: number[]): Message[] =>
  seqs.map((seq) => ({
    type: "message",
    seq,
    id: `id${seq}`,
    from_user: seq < 100 ? { id: "b", name: "Bob" } : { id: "a", name: "Ada" },
    sent_at: "2026-01-01T12:00:00Z",
    text: "hey",
  }));

it("counts what others say from when the reader leaves the end, and nothing at the end", () => {
  const { result, rerender } = renderHook(({ list, atEnd }) => useUnseen(list, atEnd, "a"), {
    initialProps: { list: messages(5, 6), atEnd: true },
  });
  const steps: [list: Message[], atEnd: boolean, want: number][] = [
    [messages(5, 6), false, 0],
    [messages(5, 6, 7, 8), false, 2],
    [messages(1, 2, 5, 6, 7, 8), false, 2], // older ones were loaded
    [messages(1, 2, 5, 6, 7, 8, 101), false, 2], // one's own
    [messages(1, 2, 5, 6, 7, 8, 101), true, 0],
    [messages(1, 2, 5, 6, 7, 8, 101, 102), true, 0],
    [messages(1, 2, 5, 6, 7, 8, 101, 102), false, 0],
  ];
  for (const [list, atEnd, want] of steps) {
    rerender({ list, atEnd });
    expect(result.current).toBe(want);
  }
});
