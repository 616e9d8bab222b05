import type { Outbox, Pending } from "./outbox";
import { EMPTY_OUTBOX, MAX_PENDING } from "./outbox";
import { MAX_TEXT_RUNES, runeCount } from "./text-rules";

/** A message that waits, as it is kept over a reload. */
export type OutboxRecord = Pick<Pending, "id" | "text" | "at" | "reason">;

/**
 * All records together take no more than this when written as JSON, in bytes of UTF-8: what an outbox takes, written in
 * the widest letters, and the reasons of what failed.
 */
export const MAX_RECORD_BYTES = 512 * 1024;

/** What waited longer than this, in milliseconds, is not sent without asking the person: a day later it may be out of place. */
export const MAX_WAIT_MS = 24 * 3_600_000;

/** What is worth keeping, oldest first, as far as it fits. Those which the server has are in its log. */
export function toRecords({ items }: Pick<Outbox, "items">): readonly OutboxRecord[] {
  const records: OutboxRecord[] = [];
  let left = MAX_RECORD_BYTES - "[]".length;
  for (const { id, text, at, status, reason } of items) {
    if (status === "sent") continue;
    const record = status === "failed" ? { id, text, at, reason: reason ?? "" } : { id, text, at };
    left -= new TextEncoder().encode(`${JSON.stringify(record)},`).length;
    if (left < 0 || records.length === MAX_PENDING) break;
    records.push(record);
  }
  return records;
}

/**
 * The outbox of what was kept. Whether the last page had sent any of it is not known, so each is
 * sent as a retry: under its old id the server takes it once. What is no record is left out.
 */
export function fromRecords(value: unknown, now: number): Outbox {
  if (!Array.isArray(value)) return EMPTY_OUTBOX;
  const byId = new Map<string, Pending>();
  for (const record of value.slice(0, MAX_PENDING)) {
    const item = toPending(record, now);
    if (item && !byId.has(item.id)) byId.set(item.id, item);
  }
  return { ...EMPTY_OUTBOX, items: [...byId.values()] };
}

function toPending(value: unknown, now: number): Pending | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, text, at, reason } = value as Record<string, unknown>;
  if (typeof id !== "string" || id === "" || typeof text !== "string" || !Number.isFinite(at)) return undefined;
  if (runeCount(text) > MAX_TEXT_RUNES) return undefined;
  const item = { id, text, at: at as number, uncertain: true, tries: 0, notBefore: 0 };
  if (now - item.at > MAX_WAIT_MS)
    return { ...item, status: "failed", reason: typeof reason === "string" ? reason : "" };
  return typeof reason === "string" ? { ...item, status: "failed", reason } : { ...item, status: "sending" };
}
