import { describe, expect, it } from "vitest";
import type { Message } from "./messages";
import { COUNTED, NOTHING_UNREAD, type Unread, unreadOf } from "./unread";

const ADA = { id: "a", name: "Ada" };
const BOB = { id: "b", name: "Bob" };

const message = (seq: number, from_user = BOB, text = "hey"): Message => ({
  type: "message",
  seq,
  id: `id${seq}`,
  from_user,
  sent_at: "2026-01-01T12:00:00Z",
  text,
});
const many = (count: number): readonly Message[] => Array.from({ length: count }, (_, i) => message(2 * i + 2));

describe("what is unread", () => {
  it.each<[name: string, messages: readonly Message[], readTo: number, hasOlder: boolean, want: Unread]>([
    ["nothing in an empty channel", [], 0, false, NOTHING_UNREAD],
    ["nothing when all is read", many(3), 6, true, NOTHING_UNREAD],
    [
      "what came after, whether or not the mark is a message of the channel",
      many(3),
      3,
      false,
      { count: 2, more: false, mentioned: false },
    ],
    ["not one's own", [message(1), message(2, ADA), message(3)], 0, false, { count: 2, more: false, mentioned: false }],
    ["only one's own", [message(2, ADA)], 0, true, NOTHING_UNREAD],
    ["more than the list holds", many(2), 0, true, { count: 2, more: true, mentioned: false }],
    ["as many as are counted", many(COUNTED), 0, false, { count: COUNTED, more: false, mentioned: false }],
    ["more than are counted", many(COUNTED + 1), 0, false, { count: COUNTED, more: true, mentioned: false }],
    ["a mention", [message(1, BOB, "ask @Ada!"), message(2)], 0, false, { count: 2, more: false, mentioned: true }],
    [
      "a mention that was read",
      [message(1, BOB, "ask @Ada!"), message(2)],
      1,
      false,
      { count: 1, more: false, mentioned: false },
    ],
  ])("is %s", (_, messages, readTo, hasOlder, want) => {
    expect(unreadOf(messages, readTo, ADA, hasOlder)).toEqual(want);
  });
});
