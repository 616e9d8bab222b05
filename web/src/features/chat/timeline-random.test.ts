import { expect, it } from "vitest";
import type { Note } from "@/client/fold";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import { EMPTY_TIMELINE, extend, indexOfSeq, type Timeline, type TimelineInput } from "./timeline";
import { ADA, BOB, CY, NOTHING, rowsOf } from "./timeline-testing";

const RUNS = 60;
const STEPS = 60;
const PEOPLE = [ADA, BOB, CY];

/** Numbers from zero to `below`, the same for the same seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Roll = (below: number) => number;
type Log = { readonly messages: readonly Message[]; readonly notes: readonly Note[] };

/** A log in which people talk, and come and go, over some days. */
function logOf(roll: Roll): Log {
  const messages: Message[] = [];
  const notes: Note[] = [];
  let at = Date.parse("2026-01-01T12:00:00Z");
  for (let seq = 1; seq < 1_500; seq += 1 + roll(3)) {
    at += roll(20) === 0 ? roll(40) * 3_600_000 : roll(200_000) - 20_000;
    const user = PEOPLE[roll(3)] ?? BOB;
    const sent_at = roll(100) === 0 ? "what" : new Date(at).toISOString();
    if (roll(3) === 0) notes.push({ seq, kind: roll(2) === 0 ? "join" : "leave", user, sent_at });
    else
      messages.push({ type: "message", seq, id: roll(9) === 0 ? "" : `id${seq}`, from_user: user, sent_at, text: "" });
  }
  return { messages, notes };
}

type Window = { readonly from: number; readonly to: number; readonly missing: number; readonly notesFrom: number };

/** The window moves at its ends, loses one message in it and gets it back, is another one, or stays. */
function moved(window: Window, { messages, notes }: Log, roll: Roll): Window {
  const { from, to } = window;
  switch (roll(9)) {
    case 0:
      return { ...window, from: Math.max(0, from - roll(300)) };
    case 1:
      return { ...window, from: Math.min(to, from + roll(200)) };
    case 2:
      return { ...window, to: Math.max(from, to - roll(30)) };
    case 3:
      return window.missing === -1 ? { ...window, missing: from + roll(Math.max(1, to - from)) } : window;
    case 4:
      return { ...window, notesFrom: roll(notes.length) };
    case 5: {
      const start = roll(messages.length);
      return roll(4) === 0 ? { ...window, from: start, to: Math.min(messages.length, start + roll(200)) } : window;
    }
    default:
      return { ...window, to: Math.min(messages.length, to + roll(12)), missing: -1 };
  }
}

function seenThrough({ from, to, missing, notesFrom }: Window, log: Log, roll: Roll): TimelineInput {
  const messages = log.messages.filter((_, i) => i >= from && i < to && i !== missing);
  const last = messages[messages.length - 1];
  return {
    ...NOTHING,
    messages,
    notes: log.notes.slice(notesFrom).filter(({ seq }) => seq < (last?.seq ?? 0) + 5),
    hasOlder: from > 0,
    hasNewer: roll(6) === 0,
    pending: Array.from({ length: roll(3) }, () => pendingOf(last, roll)),
  };
}

function pendingOf(last: Message | undefined, roll: Roll): Pending {
  const id = roll(4) === 0 && last ? last.id : `p${roll(1_000_000)}`;
  const at = Date.parse("2026-01-05T12:00:00Z") + roll(9_000_000);
  return { id, at, text: "", status: "sending", uncertain: false, tries: 0, notBefore: 0 };
}

/** The messages that both have keep their distance from the newest such one, so that a list's place stays. */
function keepsPlace(before: Timeline, after: Timeline): boolean {
  if (before.generation !== after.generation) return true;
  const seqsOf = (timeline: Timeline) =>
    rowsOf(timeline).flatMap((row) => (row.kind === "message" ? [row.message.seq] : []));
  const seqs = new Set(seqsOf(after));
  const common = seqsOf(before).findLast((seq) => seqs.has(seq));
  return common === undefined || indexOfSeq(before, common) === indexOfSeq(after, common);
}

it.each(Array.from({ length: RUNS }, (_, seed) => seed))(
  "what is laid out step by step is what is laid out at once, with seed %d",
  (seed) => {
    const roll = dice(seed);
    const log = logOf(roll);
    const start = roll(log.messages.length);
    let window: Window = { from: start, to: Math.min(log.messages.length, start + 50), missing: -1, notesFrom: 0 };
    let timeline = EMPTY_TIMELINE;
    for (let step = 0; step < STEPS; step++) {
      window = moved(window, log, roll);
      const input = seenThrough(window, log, roll);
      const before = timeline;
      timeline = extend(before, input);
      expect(rowsOf(timeline), `step ${step}`).toEqual(rowsOf(extend(EMPTY_TIMELINE, input)));
      expect(keepsPlace(before, timeline), `step ${step} keeps the place`).toBe(true);
      expect(extend(timeline, input), "and to take the same again changes nothing").toEqual(timeline);
    }
  },
);
