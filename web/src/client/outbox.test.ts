import { describe, expect, it } from "vitest";
import {
  ANSWER_TIMEOUT_MS,
  acked,
  condemned,
  disconnected,
  EMPTY_OUTBOX,
  handed,
  isFull,
  MAX_PENDING,
  next,
  type Outbox,
  put,
  refused,
  remove,
  tryAgain,
} from "./outbox";

const NOW = 1_000_000;
const half = (): number => 0.5;
const error = (id: string, code: string, retry_after_ms?: number) =>
  ({ type: "error", id, code, message: "Mend it.", ...(retry_after_ms && { retry_after_ms }) }) as const;
const two = (): Outbox => put(put(EMPTY_OUTBOX, "1", "one", NOW), "2", "two", NOW);
const send = (outbox: Outbox, now = NOW) => next(outbox, now);
const item = (outbox: Outbox, id: string) => outbox.items.find((each) => each.id === id);

describe("what to do next", () => {
  const cases: [name: string, outbox: Outbox, now: number, want: unknown][] = [
    ["nothing waits", EMPTY_OUTBOX, NOW, { kind: "idle" }],
    ["the first goes first", two(), NOW, { kind: "send", command: { type: "send", id: "1", text: "one" } }],
    ["one at a time", handed(two(), "1", NOW), NOW, { kind: "wait", until: NOW + ANSWER_TIMEOUT_MS }],
    ["no answer", handed(two(), "1", NOW), NOW + ANSWER_TIMEOUT_MS, { kind: "stalled" }],
    [
      "answered: the next",
      acked(handed(two(), "1", NOW), "1", 7),
      NOW,
      { kind: "send", command: { type: "send", id: "2", text: "two" } },
    ],
    [
      "the socket died: again, as a retry",
      disconnected(handed(two(), "1", NOW)),
      NOW,
      { kind: "send", command: { type: "send", id: "1", text: "one", retry: true } },
    ],
    [
      "the socket died before it was given anything",
      disconnected(two()),
      NOW,
      { kind: "send", command: { type: "send", id: "1", text: "one" } },
    ],
    [
      "unknown: the others need not wait",
      refused(handed(two(), "1", NOW), error("1", "unknown"), NOW, half),
      NOW,
      { kind: "send", command: { type: "send", id: "2", text: "two" } },
    ],
    [
      "too fast: all wait, in order",
      refused(handed(two(), "1", NOW), error("1", "rate_limited", 800), NOW),
      NOW,
      { kind: "wait", until: NOW + 800 },
    ],
    [
      "too fast: then again, and not as a retry",
      refused(handed(two(), "1", NOW), error("1", "rate_limited", 800), NOW),
      NOW + 800,
      { kind: "send", command: { type: "send", id: "1", text: "one" } },
    ],
    [
      "refused without an id, as what cannot be read is: the next",
      refused(handed(two(), "1", NOW), { type: "error", code: "invalid_command", message: "?" }, NOW),
      NOW,
      { kind: "send", command: { type: "send", id: "2", text: "two" } },
    ],
    [
      "the token was refused: the answer is still to come",
      refused(handed(two(), "1", NOW), { type: "error", code: "unauthorized", message: "?" }, NOW),
      NOW,
      { kind: "wait", until: NOW + ANSWER_TIMEOUT_MS },
    ],
    [
      "refused: the next",
      refused(handed(two(), "1", NOW), error("1", "invalid_text"), NOW),
      NOW,
      { kind: "send", command: { type: "send", id: "2", text: "two" } },
    ],
  ];
  it.each(cases)("%s", (_, outbox, now, want) => {
    expect(send(outbox, now)).toEqual(want);
  });

  it("says retry for ever after once not knowing", () => {
    let outbox = refused(handed(put(EMPTY_OUTBOX, "1", "one", NOW), "1", NOW), error("1", "unknown"), NOW, half);
    outbox = refused(handed(outbox, "1", NOW), error("1", "rate_limited", 5), NOW);
    expect(send(outbox, NOW + 60_000)).toMatchObject({ kind: "send", command: { id: "1", retry: true } });
  });

  it("waits longer with each try", () => {
    let outbox = put(EMPTY_OUTBOX, "1", "one", NOW);
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      outbox = refused(handed(outbox, "1", NOW), error("1", "unavailable"), NOW, () => 1);
      waits.push((item(outbox, "1")?.notBefore ?? 0) - NOW);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000]);
  });
});

describe("what becomes of a message", () => {
  it("is sent once the server has it", () => {
    expect(item(acked(handed(two(), "1", NOW), "1", 7), "1")).toMatchObject({ status: "sent", seq: 7 });
  });

  it("fails when the server refuses it, and says why; a person can try again", () => {
    const failed = refused(handed(two(), "1", NOW), error("1", "invalid_text"), NOW);
    expect(item(failed, "1")).toMatchObject({ status: "failed", reason: "Mend it." });
    const again = tryAgain(failed, "1");
    expect(item(again, "1")).not.toHaveProperty("reason");
    expect(send(again)).toEqual({ kind: "send", command: { type: "send", id: "1", text: "one" } });
  });

  it("fails when an answer without an id came while it was in flight; another try says retry", () => {
    const frame = { type: "error", code: "invalid_command", message: "Mend it." } as const;
    const failed = refused(handed(two(), "1", NOW), frame, NOW);
    expect(item(failed, "1")).toMatchObject({ status: "failed", reason: "Mend it." });
    expect(send(tryAgain(failed, "1"))).toMatchObject({ kind: "send", command: { id: "1", retry: true } });
  });

  it("fails when the socket was closed for it", () => {
    expect(item(condemned(handed(two(), "1", NOW), "No."), "1")).toMatchObject({ status: "failed", reason: "No." });
  });

  it("is forgotten when it is in the log, answered or not", () => {
    const outbox = remove(handed(two(), "1", NOW), ({ id }) => id === "1");
    expect(outbox.items.map(({ id }) => id)).toEqual(["2"]);
    expect(outbox.inFlight).toBeUndefined();
  });

  it("is not moved by answers to others, or to none", () => {
    const outbox = handed(two(), "1", NOW);
    expect(acked(outbox, "9", 1)).toEqual(outbox);
    expect(refused(two(), { type: "error", code: "invalid_command", message: "?" }, NOW)).toEqual(two());
    expect(remove(outbox, () => false)).toBe(outbox);
  });
});

it("is bounded", () => {
  let outbox = EMPTY_OUTBOX;
  for (let i = 0; i < MAX_PENDING; i++) outbox = put(outbox, String(i), "x", NOW);
  expect(isFull(outbox)).toBe(true);
  expect(put(outbox, "more", "x", NOW)).toBe(outbox);
});
