import type { Account } from "./account";
import { readClaims } from "./claims";

/** A token is renewed this long before its end, in milliseconds. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** A renewal that failed is tried again after this time, in milliseconds, as long as the token lasts. */
const RENEW_AGAIN_MS = 30_000;

/** setTimeout takes no more milliseconds than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The token of one open channel: the one in use, and in time the next. */
export class ChannelToken {
  private current = "";
  private stopped = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly account: Account,
    private readonly channel: string,
    /** Called with a token that takes the place of one which still lasts. */
    private readonly onRenewed: (token: string) => void,
  ) {}

  /** The token in use; empty before there is one. */
  inUse(): string {
    return this.current;
  }

  /** Gives the token at hand or a fresh one, and uses it. Rejects with ApiError, and after stop. */
  async get(): Promise<string> {
    if (this.stopped) throw new Error("the channel is closed");
    const token = await this.account.token(this.channel);
    if (this.stopped) throw new Error("the channel was closed");
    this.use(token);
    return token;
  }

  /** The server refused this token. */
  refused(token: string): void {
    this.account.refused(this.channel, token);
  }

  /** The server took the token in use. */
  accepted(): void {
    this.account.accepted(this.channel);
  }

  /** Goes on, after stop. */
  start(): void {
    this.stopped = false;
  }

  stop(): void {
    this.stopped = true;
    this.current = "";
    clearTimeout(this.timer);
  }

  private use(token: string): void {
    if (token === this.current) return;
    this.current = token;
    this.renewIn(Math.max(RENEW_AGAIN_MS, endOf(token) - RENEW_BEFORE_MS - Date.now()));
  }

  private renewIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.renew(), Math.min(ms, LONGEST_TIMER_MS));
  }

  /** Where none is to be had until the end, the server ends the connection, and says so. */
  private async renew(): Promise<void> {
    const before = this.current;
    const token = await this.account.renew(this.channel).catch(() => undefined);
    if (this.stopped || this.current !== before) return;
    if (token !== undefined) {
      this.use(token);
      this.onRenewed(token);
    } else if (Date.now() < endOf(before)) {
      this.renewIn(RENEW_AGAIN_MS);
    }
  }
}

/** When the token ends, in milliseconds since 1970. */
function endOf(token: string): number {
  return (readClaims(token)?.exp ?? 0) * 1000;
}
