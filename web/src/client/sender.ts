import type { AckFrame, ErrorFrame, SendCommand } from "./frames";
import {
  acked,
  condemned,
  disconnected,
  EMPTY_OUTBOX,
  handed,
  isFull,
  next,
  type Outbox,
  type Pending,
  put,
  refused,
  remove,
  transplanted,
  tryAgain,
} from "./outbox";
import { uuidv7 } from "./uuid";

export type Line = {
  /** Gives the command to the socket, and tells whether there was one to give it to. */
  readonly transmit: (command: SendCommand) => boolean;
  /** The line has not answered for too long: it is to be cut and made anew. */
  readonly onStalled: () => void;
};

/** Works an outbox off over whatever socket there is. It is the outbox's only keeper, and tells who subscribes of each change. */
export class Sender {
  private line: Line | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly gone = new Set<string>();
  private readonly listeners = new Set<() => void>();

  constructor(private outbox: Outbox = EMPTY_OUTBOX) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly items = (): readonly Pending[] => this.outbox.items;

  /** Takes the text for sending; false when too much waits already. */
  readonly send = (text: string): boolean => {
    if (isFull(this.outbox, text)) return false;
    const now = Date.now();
    this.update(put(this.outbox, uuidv7(now), text, now));
    return true;
  };

  readonly tryAgain = (id: string): void => this.update(tryAgain(this.outbox, id));

  readonly discard = (id: string): void => this.update(remove(this.outbox, (item) => item.id === id));

  /** Another page has removed the message: it is in the log, or somebody gave it up. One that is being answered, is waited for. */
  removedElsewhere(id: string): void {
    if (this.outbox.inFlight?.id === id) this.gone.add(id);
    else this.update(remove(this.outbox, (item) => item.id === id));
  }

  /** There is a socket that has said hello. */
  connected(line: Line): void {
    this.line = line;
    this.work();
  }

  /** There is no socket; `fault` tells that it was closed for what we had sent. */
  disconnected(fault?: string): void {
    this.line = undefined;
    this.update(fault === undefined ? disconnected(this.outbox) : condemned(this.outbox, fault));
  }

  answered(frame: AckFrame | ErrorFrame): void {
    if (frame.type === "error") this.update(refused(this.outbox, frame, Date.now()));
    else if (frame.id !== undefined) this.update(acked(this.outbox, frame.id, frame.seq ?? 0));
  }

  /** Forgets those which are to be seen in the log now. */
  settle(isInLog: (item: Pending) => boolean): void {
    this.update(remove(this.outbox, isInLog));
  }

  /** The log is another one. */
  transplant(): void {
    this.update(transplanted(this.outbox));
  }

  /** What another page removed while it was in flight goes once the answer, or the end of the line, is there. */
  private withoutGone(outbox: Outbox): Outbox {
    if (this.gone.size === 0) return outbox;
    const isGone = ({ id }: Pending): boolean => this.gone.has(id) && outbox.inFlight?.id !== id;
    const left = remove(outbox, isGone);
    for (const id of this.gone) if (!left.items.some((item) => item.id === id)) this.gone.delete(id);
    return left;
  }

  private update(changed: Outbox): void {
    const outbox = this.withoutGone(changed);
    if (outbox === this.outbox) return;
    this.outbox = outbox;
    this.work();
    for (const listener of this.listeners) listener();
  }

  private work(): void {
    clearTimeout(this.timer);
    if (!this.line) return;
    const step = next(this.outbox, Date.now());
    if (step.kind === "send" && this.line.transmit(step.command)) {
      this.outbox = handed(this.outbox, step.command.id, Date.now());
      this.work();
    } else if (step.kind === "wait") {
      this.timer = setTimeout(() => this.work(), Math.max(0, step.until - Date.now()));
    } else if (step.kind === "stalled") {
      this.line.onStalled();
    }
  }
}
