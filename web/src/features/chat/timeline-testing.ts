import type { Note } from "@/client/fold";
import type { User } from "@/client/frames";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import type { Row } from "./layout";
import { rowAt, type Timeline, type TimelineInput } from "./timeline";

/** Who looks, in the tests of the list. */
export const ADA: User = { id: "a", name: "Ada" };
export const BOB: User = { id: "b", name: "Bob" };
export const CY: User = { id: "c", name: "Cy" };

/** Nothing, as Ada sees it. */
export const NOTHING: TimelineInput = {
  messages: [],
  hasOlder: false,
  hasNewer: false,
  notes: [],
  pending: [],
  self: ADA,
};

/** A message of the day and minute `at`, as "01T12:00". */
export function messageAt(seq: number, at: string, from_user = BOB): Message {
  return { type: "message", seq, id: `id${seq}`, from_user, sent_at: `2026-01-${at}:00`, text: "hey" };
}

export function noteAt(seq: number, kind: Note["kind"], user = BOB, at = "01T12:00"): Note {
  return { seq, kind, user, sent_at: `2026-01-${at}:00` };
}

/** What Ada sent and is not in the log. */
export function pendingAs(id: string, status: Pending["status"] = "sending", reason?: string): Pending {
  const item: Pending = { id, text: `text of ${id}`, at: 0, status, uncertain: false, tries: 0, notBefore: 0 };
  return reason === undefined ? item : { ...item, reason };
}

/** All rows, from top to bottom. */
export function rowsOf(timeline: Timeline): readonly Row[] {
  return Array.from({ length: timeline.count }, (_, i) => {
    const row = rowAt(timeline, timeline.first + i);
    if (!row) throw new Error(`no row at ${i} of ${timeline.count}`);
    return row;
  });
}
