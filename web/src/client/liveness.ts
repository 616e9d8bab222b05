import { onVisible } from "./network";

/** A line that was silent this long, in milliseconds, is asked whether it is alive. The server's pings do not reach a page. */
const SILENCE_MS = 60_000;

/** It has this long to answer, in milliseconds. */
const ANSWER_MS = 8_000;

export type LivenessOptions = {
  /** Asks; false when there is no line to ask. */
  readonly probe: () => boolean;
  readonly onDead: () => void;
};

/**
 * Finds out that an open line is dead, as after a sleep or a change of network, where a socket can look
 * open for minutes.
 */
export class Liveness {
  private heardAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unwatch: (() => void) | undefined;

  constructor(private readonly options: LivenessOptions) {}

  start(): void {
    this.stop();
    this.heardAt = Date.now();
    this.unwatch = onVisible(() => this.ask());
    this.watch();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.unwatch?.();
    this.unwatch = undefined;
  }

  /** Something came. */
  heard(): void {
    this.heardAt = Date.now();
  }

  private watch(): void {
    const silent = Date.now() - this.heardAt;
    if (silent >= SILENCE_MS) this.ask();
    else this.timer = setTimeout(() => this.watch(), SILENCE_MS - silent);
  }

  private ask(): void {
    clearTimeout(this.timer);
    const askedAt = Date.now();
    const isAsked = this.options.probe(); // if not, the line is about to end, or not there yet
    this.timer = setTimeout(
      () => (!isAsked || this.heardAt >= askedAt ? this.watch() : this.options.onDead()),
      ANSWER_MS,
    );
  }
}
