import { formatPosition, type Position, parsePosition } from "./position";
import type { Store } from "./store";

const READ = "chitchat.read ";

/** How often the mark is written, in milliseconds: each writing wakes the other pages. */
const WRITE_MS = 500;

/** How far a person has read a channel, shared by the pages of a browser. It only goes forward, in one log. */
export class ReadMark {
  private mark: Position | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly key: string;

  constructor(
    private readonly store: Store,
    owner: string,
  ) {
    this.key = READ + owner;
    this.mark = this.stored();
  }

  /** The mark in the log of this position; who has none there, has read up to it. */
  of(position: Position): number {
    if (this.mark?.epoch !== position.epoch) {
      const stored = this.stored(); // another page may have been there first
      if (stored?.epoch === position.epoch) this.mark = stored;
      else this.put(position);
    }
    return this.mark?.seq ?? position.seq;
  }

  /** Moves the mark, and tells whether it moved. */
  advance(to: Position): boolean {
    if (this.mark?.epoch === to.epoch && this.mark.seq >= to.seq) return false;
    this.put(to);
    return true;
  }

  /** Takes over what another page has read, and tells whether that is more. A page in another log has read nothing here. */
  changedElsewhere(key: string): boolean {
    const stored = key === this.key ? this.stored() : undefined;
    if (!stored || stored.epoch !== this.mark?.epoch || this.mark.seq >= stored.seq) return false;
    this.mark = stored;
    return true;
  }

  /** Writes at once what is to be written. */
  flush(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const stored = this.stored();
    const isBehind = stored !== undefined && stored.epoch === this.mark?.epoch && stored.seq > this.mark.seq;
    if (this.mark && !isBehind) this.store.set(this.key, formatPosition(this.mark));
  }

  /** Begins anew, for who comes for the first time. */
  forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.mark = undefined;
    this.store.set(this.key, undefined);
  }

  private put(mark: Position): void {
    this.mark = mark;
    this.timer ??= setTimeout(() => this.flush(), WRITE_MS);
  }

  private stored(): Position | undefined {
    return parsePosition(this.store.get(this.key));
  }
}
