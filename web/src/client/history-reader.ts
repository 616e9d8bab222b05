import { type ApiClient, isUnauthorized } from "./api";
import { backoff } from "./backoff";
import type { Feed, FeedInput } from "./fold";

export type HistoryReaderOptions = {
  readonly api: ApiClient;
  readonly token: () => Promise<string>;
  readonly feed: () => Feed;
  readonly apply: (input: FeedInput) => void;
  /** After each try: whether the history could not be read. */
  readonly onTried: (failed: boolean) => void;
  /** The server refused this token. */
  readonly onUnauthorized: (token: string) => void;
};

/** The longest wait between two tries to read the history, in milliseconds: a person looks at a hole. */
const LONGEST_RETRY_MS = 10_000;

/** What is asked for at first, and what when a person scrolls back: so many messages. */
const NEWEST_PAGE = 100;
const OLDER_PAGE = 200;

/** Reads the newest history whenever the feed is not whole, until it is, and older pages when asked. */
export class HistoryReader {
  private running: AbortController | undefined;
  private closing = new AbortController();

  constructor(private readonly options: HistoryReaderOptions) {}

  /** Begins to read, unless it is doing so. */
  read(): void {
    if (this.running) return;
    const control = new AbortController();
    this.running = control;
    void this.readUntilWhole(control.signal);
  }

  /** Stops what is on its way: nothing of it is applied any more. */
  stop(): void {
    this.running?.abort();
    this.running = undefined;
    this.closing.abort();
    this.closing = new AbortController();
  }

  /** Reads the page before the oldest message; false when it could not be had. */
  async readOlder(): Promise<boolean> {
    const { api, feed, apply } = this.options;
    const { signal } = this.closing;
    const before = feed().messages[0]?.seq;
    if (before === undefined) return true;
    const page = await this.ask((token) => api.messages(token, { before, limit: OLDER_PAGE }, signal));
    if (page && !signal.aborted) apply({ kind: "older", before, page });
    return page !== undefined;
  }

  private async readUntilWhole(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const answered = await this.tryOnce(signal);
      if (signal.aborted) return;
      const isWhole = this.options.feed().chain.kind === "proven";
      if (isWhole) this.running = undefined; // at once: the next hole is to find nobody reading
      this.options.onTried(!answered && !isWhole);
      if (isWhole) return;
      await pause(Math.min(backoff(attempt), LONGEST_RETRY_MS), signal);
    }
  }

  /** Whether there was an answer. Without one, or with one that came too early to join on, it is tried again. */
  private async tryOnce(signal: AbortSignal): Promise<boolean> {
    const { api, feed, apply } = this.options;
    const seq = feed().position?.seq;
    const at = seq === undefined ? {} : { min_seq: seq };
    const answer = await this.ask((token) =>
      Promise.all([api.messages(token, { ...at, limit: NEWEST_PAGE }, signal), api.users(token, at, signal)]),
    );
    if (answer && !signal.aborted) apply({ kind: "history", page: answer[0], people: answer[1] });
    return answer !== undefined;
  }

  /** The answer, or undefined when there is none now: who asks, asks again or says so. */
  private async ask<Answer>(call: (token: string) => Promise<Answer>): Promise<Answer | undefined> {
    let token = "";
    try {
      token = await this.options.token();
      return await call(token);
    } catch (error) {
      if (token !== "" && isUnauthorized(error)) this.options.onUnauthorized(token);
      return undefined;
    }
  }
}

/** Waits so many milliseconds, or less when it is called off. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
