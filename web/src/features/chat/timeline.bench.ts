import { bench, describe } from "vitest";
import type { Message } from "@/client/messages";
import { EMPTY_TIMELINE, extend } from "./timeline";
import { BOB, CY, NOTHING } from "./timeline-testing";

/** A message of a long log in which two people talk. */
function message(seq: number): Message {
  const sent_at = new Date(Date.parse("2026-01-01T12:00:00Z") + seq * 20_000).toISOString();
  return { type: "message", seq, id: `id${seq}`, from_user: seq % 3 === 0 ? BOB : CY, sent_at, text: "hey" };
}

const log = (from: number, to: number): Message[] => Array.from({ length: to - from }, (_, i) => message(from + i));

// An update must cost what is new, not what is there: the first two are to be alike, whatever the list holds.
describe.each([1_000, 10_000, 100_000])("with %d messages", (count) => {
  const from = 1_000_000;
  const messages = log(from, from + count);
  const before = extend(EMPTY_TIMELINE, { ...NOTHING, messages, hasOlder: true });
  const appended = { ...NOTHING, messages: [...messages, message(from + count)], hasOlder: true };
  const prepended = { ...NOTHING, messages: [...log(from - 100, from), ...messages], hasOlder: true };
  bench("one message comes", () => void extend(before, appended));
  bench("a page of 100 older ones comes", () => void extend(before, prepended));
  bench("all is laid out anew", () => void extend(EMPTY_TIMELINE, appended), { iterations: 3, warmupIterations: 1 });
});
