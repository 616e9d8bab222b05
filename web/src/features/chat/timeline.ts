import type { Note } from "@/client/fold";
import type { User } from "@/client/frames";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import { dayKey } from "@/shared/time";

/** What the list shows, from top to bottom. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: Date }
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: Message;
      readonly at: Date;
      readonly begins: boolean;
    }
  | {
      readonly kind: "notes";
      readonly key: string;
      /** Each person once, in the order in which they first came or went. */
      readonly moves: readonly Move[];
    }
  | {
      readonly kind: "pending";
      readonly key: string;
      readonly item: Pending;
      readonly at: Date;
      readonly begins: boolean;
    };

/** What became of a person in a run of notes: where they are at its end, and whether they were away in it. */
export type Move = { readonly user: User; readonly to: "joined" | "left" | "returned" };

/** Messages of one author within this time, in milliseconds, stand under one name. */
const GROUP_MS = 5 * 60_000;

type Entry = { readonly seq: number; readonly message?: Message; readonly note?: Note };

export type TimelineInput = {
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly notes: readonly Note[];
  readonly pending: readonly Pending[];
  readonly self: User;
};

/** Lays messages and notes out in log order, with a line for each day, and what is not in the log yet below. */
export function timeline({ messages, hasOlder, notes, pending, self }: TimelineInput): readonly Row[] {
  const rows: Row[] = [];
  const lines = new Lines(rows);
  const first = hasOlder ? (messages[0]?.seq ?? 0) : 0;
  const shown = notes.filter((note) => note.user.id !== self.id && note.seq > first);
  for (const { message, note } of inLogOrder(messages, shown)) {
    if (message) lines.message(message, self);
    else if (note) lines.note(note);
  }
  for (const item of pending) lines.pending(item, self);
  return rows;
}

function inLogOrder(messages: readonly Message[], notes: readonly Note[]): readonly Entry[] {
  const entries: Entry[] = messages.map((message) => ({ seq: message.seq, message }));
  if (notes.length === 0) return entries;
  for (const note of notes) entries.push({ seq: note.seq, note });
  return entries.sort((a, b) => a.seq - b.seq);
}

/** Appends rows, and remembers whose turn it is and which day. */
class Lines {
  private day = "";
  private author = "";
  private last = 0;

  constructor(private readonly rows: Row[]) {}

  /** An own message keeps the key that it had while it waited, and so its place on the screen. */
  message(message: Message, self: User): void {
    const { from_user, id, seq } = message;
    const at = new Date(message.sent_at);
    const begins = this.begins(at, from_user.id);
    const key = from_user.id === self.id && id !== "" ? `i${id}` : `m${seq}`;
    this.rows.push({ kind: "message", key, message, at, begins });
  }

  pending(item: Pending, self: User): void {
    const at = new Date(item.at);
    const begins = this.begins(at, self.id);
    this.rows.push({ kind: "pending", key: `i${item.id}`, item, at, begins });
  }

  /** Notes of a day that follow each other become one line. */
  note(note: Note): void {
    this.author = "";
    const at = new Date(note.sent_at);
    if (at.getTime() > this.last) this.turnTo(at); // a clock that is behind turns no day back
    const before = this.rows[this.rows.length - 1];
    if (before?.kind !== "notes") this.rows.push({ kind: "notes", key: `n${note.seq}`, moves: moved([], note) });
    else this.rows[this.rows.length - 1] = { ...before, moves: moved(before.moves, note) };
  }

  private begins(at: Date, author: string): boolean {
    const { last } = this;
    const begins = this.turnTo(at) || author !== this.author || at.getTime() - last > GROUP_MS;
    this.author = author;
    return begins;
  }

  /** Goes on to this time, and tells whether that is on another day. */
  private turnTo(at: Date): boolean {
    const day = dayKey(at);
    const isNew = day !== this.day;
    if (isNew) this.rows.push({ kind: "day", key: `d${day}-${this.rows.length}`, at });
    this.day = day;
    this.last = at.getTime();
    return isNew;
  }
}

/** Counts one note in: whatever a person did before, where they are now is what is said of them. */
function moved(moves: readonly Move[], { user, kind }: Note): readonly Move[] {
  const before = moves.find((move) => move.user.id === user.id);
  if (!before) return [...moves, { user, to: kind === "join" ? "joined" : "left" }];
  const to = kind === "leave" ? "left" : before.to === "left" ? "returned" : before.to;
  return moves.map((move) => (move === before ? { user, to } : move));
}
