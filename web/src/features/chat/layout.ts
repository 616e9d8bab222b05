import type { Note } from "@/client/fold";
import type { User } from "@/client/frames";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import { dayKey } from "@/shared/time";

type Place = {
  /** The same for as long as the row is there, also when a waiting message comes to stand in the log. */
  readonly key: string;
  /** A time of the day that it stands in, in milliseconds since 1970; not finite where none is known. */
  readonly day: number;
  /** Whether the day's line stands above it. */
  readonly beginsDay: boolean;
};

type Said = Place & {
  readonly at: number;
  /** Whether it stands under its author's name, or under the message above. */
  readonly begins: boolean;
};

/** What the list shows, from top to bottom. */
export type Row =
  | (Said & { readonly kind: "message"; readonly message: Message })
  | (Said & { readonly kind: "pending"; readonly item: Pending })
  | (Place & {
      readonly kind: "notes";
      /** Each person once, in the order in which they first came or went. */
      readonly moves: readonly Move[];
    });

/** What became of a person in a run of notes: where they are at its end, and whether they were away in it. */
export type Move = { readonly user: User; readonly to: "joined" | "left" | "returned" };

/** Whose turn it is and on which day, between two rows: all that a row has to know of those above it. */
export type Standing = { readonly author: string; readonly last: number; readonly day: string };

/** The standing above the first row. */
export const ABOVE_ALL: Standing = { author: "", last: Number.NEGATIVE_INFINITY, day: "" };

/** Some messages that follow each other, with the notes between them, laid out. */
export type Block = {
  readonly messages: readonly Message[];
  readonly notes: readonly Note[];
  readonly before: Standing;
  readonly rows: readonly Row[];
  readonly after: Standing;
  /** The notes of the last row, where that is one of notes: the next note may join them. */
  readonly run: readonly Note[];
};

/** Messages of one author within this time, in milliseconds, stand under one name. */
const GROUP_MS = 5 * 60_000;

/** Lays messages and notes out in log order. */
export function layBlock(
  messages: readonly Message[],
  notes: readonly Note[],
  before: Standing,
  selfId: string,
): Block {
  const pen = new Pen(before, [], [], selfId);
  pen.write(messages, notes);
  return { messages, notes, before, ...pen.end() };
}

/** The block with more at its end; what it has stays as it is. All of `messages` and `notes` that it has not yet comes later. */
export function growBlock(block: Block, messages: readonly Message[], notes: readonly Note[], selfId: string): Block {
  const pen = new Pen(block.after, block.rows, block.run, selfId);
  pen.write(messages.slice(block.messages.length), notes.slice(block.notes.length));
  return { messages, notes, before: block.before, ...pen.end() };
}

/** Lays out what is not in the log yet. */
export function layPending(pending: readonly Pending[], before: Standing, selfId: string): readonly Row[] {
  const pen = new Pen(before, [], [], selfId);
  for (const item of pending) pen.pending(item);
  return pen.end().rows;
}

/** Appends rows, and remembers where it stands. */
class Pen {
  private readonly rows: Row[];
  private run: Note[];
  private place: Place = { key: "", day: Number.NaN, beginsDay: false };

  constructor(
    private standing: Standing,
    rows: readonly Row[],
    run: readonly Note[],
    private readonly selfId: string,
  ) {
    this.rows = [...rows];
    this.run = [...run];
    const open = run.length > 0 ? this.rows.pop() : undefined; // the run goes on, and is written when it ends
    if (open) this.place = { key: open.key, day: open.day, beginsDay: open.beginsDay };
  }

  write(messages: readonly Message[], notes: readonly Note[]): void {
    let next = 0;
    for (const message of messages) {
      for (let note = notes[next]; note && note.seq < message.seq; note = notes[++next]) this.note(note);
      this.message(message);
    }
    for (const note of notes.slice(next)) this.note(note);
  }

  pending(item: Pending): void {
    const said = this.said(`i${item.id}`, item.at, this.selfId);
    this.rows.push({ kind: "pending", ...said, item });
  }

  end(): Pick<Block, "rows" | "after" | "run"> {
    const { run } = this;
    this.endRun();
    return { rows: this.rows, after: this.standing, run };
  }

  /** An own message keeps the key that it had while it waited, and so its place on the screen. */
  private message(message: Message): void {
    const { from_user, id, seq } = message;
    const key = from_user.id === this.selfId && id !== "" ? `i${id}` : `m${seq}`;
    const said = this.said(key, Date.parse(message.sent_at), from_user.id);
    this.rows.push({ kind: "message", ...said, message });
  }

  /** Notes of a day that follow each other become one line. A clock that is behind turns no day back. */
  private note(note: Note): void {
    const at = Date.parse(note.sent_at);
    const beginsDay = at > this.standing.last && dayKey(new Date(at)) !== this.standing.day;
    if (beginsDay) this.endRun();
    if (at > this.standing.last) this.turnTo(at);
    this.standing = { ...this.standing, author: "" };
    if (this.run.length === 0) this.place = { key: `n${note.seq}`, day: this.standing.last, beginsDay };
    this.run.push(note);
  }

  private endRun(): void {
    if (this.run.length > 0) this.rows.push({ kind: "notes", ...this.place, moves: movesOf(this.run) });
    this.run = [];
  }

  private said(key: string, at: number, author: string): Said {
    this.endRun();
    const { standing } = this;
    const beginsDay = this.turnTo(at);
    const begins = beginsDay || author !== standing.author || at - standing.last > GROUP_MS;
    this.standing = { ...this.standing, author };
    return { key, day: this.standing.last, beginsDay, at, begins };
  }

  /** Goes on to this time, and tells whether that is on another day. A time that cannot be read is no time. */
  private turnTo(at: number): boolean {
    if (Number.isNaN(at)) return false;
    const day = dayKey(new Date(at));
    const isNew = day !== this.standing.day;
    this.standing = { ...this.standing, last: at, day };
    return isNew;
  }
}

/** Whatever a person did before, where they are now is what is said of them. */
function movesOf(run: readonly Note[]): readonly Move[] {
  const moves = new Map<string, Move>();
  for (const { user, kind } of run) {
    const before = moves.get(user.id);
    if (!before) moves.set(user.id, { user, to: kind === "join" ? "joined" : "left" });
    else if (kind === "leave") moves.set(user.id, { user, to: "left" });
    else if (before.to === "left") moves.set(user.id, { user, to: "returned" });
  }
  return [...moves.values()];
}
