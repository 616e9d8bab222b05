import type { Outbox, Pending } from "./outbox";
import { fromRecords, type OutboxRecord, toRecords } from "./outbox-record";
import type { Store } from "./store";

const OUTBOX = "chitchat.outbox ";

/**
 * Keeps the messages that wait, one record a message, in a store that all pages of a browser share: none
 * writes over another's, and a page that opens takes up what a page that is gone, or another that is
 * there, has not sent. Two that send the same one send it under one id, so that the server takes it once.
 */
export class OutboxStore {
  private saved: ReadonlyMap<string, string> = new Map();
  private readonly prefix: string;

  constructor(
    private readonly store: Store,
    owner: string,
  ) {
    this.prefix = `${OUTBOX}${owner} `;
  }

  /** What waits, oldest first; a message id begins with its time. */
  load(now: number): Outbox {
    const keys = [...this.store.keys(this.prefix)].sort();
    const outbox = fromRecords(
      keys.map((key) => this.store.get(key)),
      now,
    );
    this.saved = index(toRecords(outbox));
    return outbox;
  }

  save(items: readonly Pending[]): void {
    const records = toRecords({ items });
    const next = index(records);
    for (const record of records) {
      if (this.saved.get(record.id) !== next.get(record.id)) this.store.set(this.prefix + record.id, record);
    }
    for (const id of this.saved.keys()) {
      if (!next.has(id)) this.store.set(this.prefix + id, undefined);
    }
    this.saved = next;
  }

  /** The id of the message that another page has just removed, if that is what happened to the key. */
  removed(key: string): string | undefined {
    if (!key.startsWith(this.prefix) || this.store.get(key) !== undefined) return undefined;
    return key.slice(this.prefix.length);
  }

  clear(): void {
    for (const key of this.store.keys(this.prefix)) this.store.set(key, undefined);
    this.saved = new Map();
  }
}

function index(records: readonly OutboxRecord[]): ReadonlyMap<string, string> {
  return new Map(records.map((record) => [record.id, JSON.stringify(record)]));
}
