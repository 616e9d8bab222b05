import { type ApiClient, ApiError, type MessagesPage, type MessagesQuery, type UsersPage } from "./api";
import { Listeners } from "./listeners";
import { type Message, mergeMessages, toMessage } from "./messages";
import type { PageState } from "./paging";
import { parsePosition } from "./position";

/** A place in the past: around one message, or the channel as it was at a time (RFC 3339) or a sequence. */
export type PastPlace = { readonly around: number } | { readonly at: string };

/** A stretch of a channel's history that need not reach to its end. It never changes; a change makes another one. */
export type PastState = {
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly older: PageState;
  readonly newer: PageState;
  /** Whether the place itself is there, on its way, or not to be had. */
  readonly place: PageState;
  /** Why the place is not to be had, as the server says it. */
  readonly reason: string | undefined;
  /** Who was here then; known for a time only. */
  readonly people: UsersPage["users"] | undefined;
  /** The last sequence at or before the time that was asked for. */
  readonly atSeq: number | undefined;
  /** Of which log it is. */
  readonly epoch: string | undefined;
};

export type PastOptions = {
  readonly api: ApiClient;
  readonly token: () => Promise<string>;
};

/** The code of a page that is of another log than the window: nothing in it goes on from there. */
export const CODE_OTHER_LOG = "other_log";

const OTHER_LOG = "The server has another log now. Go back to its newest messages.";

const HALF_PAGE = 50;
const PAGE = 200;

/** Shows a channel as it was, and pages from there to both sides. */
export class Past {
  private readonly changes = new Listeners();
  private readonly control = new AbortController();
  private current: PastState = {
    messages: [],
    hasOlder: false,
    hasNewer: false,
    older: "idle",
    newer: "idle",
    place: "loading",
    reason: undefined,
    people: undefined,
    atSeq: undefined,
    epoch: undefined,
  };

  constructor(
    private readonly options: PastOptions,
    readonly place: PastPlace,
  ) {}

  readonly subscribe = this.changes.subscribe;

  readonly state = (): PastState => this.current;

  /** Reads the place. To try again after a failure, it is opened again. */
  readonly open = async (): Promise<void> => {
    this.change({ place: "loading", reason: undefined });
    try {
      this.change("around" in this.place ? await this.readAround(this.place.around) : await this.readAt(this.place.at));
    } catch (error) {
      this.change({ place: "failed", reason: error instanceof ApiError ? error.message : undefined });
    }
  };

  /** Stops what is on its way. */
  close(): void {
    this.control.abort();
  }

  readonly loadOlder = async (): Promise<void> => {
    const before = this.current.messages[0]?.seq;
    if (this.current.older === "loading" || !this.current.hasOlder || before === undefined) return;
    this.change({ older: "loading" });
    try {
      const page = await this.read({ before, limit: PAGE });
      this.change({ ...this.joined(page), older: "idle", hasOlder: page.has_more });
    } catch {
      this.change({ older: "failed" }); // shown so, and who reads may ask again
    }
  };

  readonly loadNewer = async (): Promise<void> => {
    const after = this.current.messages[this.current.messages.length - 1]?.seq;
    if (this.current.newer === "loading" || "at" in this.place || after === undefined) return; // there is always more to come, but not in the past
    this.change({ newer: "loading" });
    try {
      const page = await this.read({ after, limit: PAGE });
      this.change({ ...this.joined(page), newer: "idle", hasNewer: page.has_more });
    } catch {
      this.change({ newer: "failed" });
    }
  };

  private async readAround(seq: number): Promise<Partial<PastState>> {
    const [older, newer] = await Promise.all([
      this.read({ before: seq + 1, limit: HALF_PAGE }),
      this.read({ after: seq, limit: HALF_PAGE }),
    ]);
    const messages = mergeMessages(older.messages.map(toMessage), newer.messages.map(toMessage));
    const epoch = epochOf(newer);
    if (epoch !== epochOf(older)) throw new ApiError(CODE_OTHER_LOG, OTHER_LOG, 0);
    return { place: "idle", messages, hasOlder: older.has_more, hasNewer: newer.has_more, epoch };
  }

  private async readAt(at: string): Promise<Partial<PastState>> {
    const page = await this.read({ at, limit: PAGE });
    return {
      place: "idle",
      messages: page.messages.map(toMessage),
      hasOlder: page.has_more,
      hasNewer: false, // what came later was not there yet
      people: page.users,
      atSeq: page.at,
      epoch: epochOf(page),
    };
  }

  private async read(query: MessagesQuery): Promise<MessagesPage> {
    const { api, token } = this.options;
    return api.messages(await token(), query, this.control.signal);
  }

  private joined(page: MessagesPage): Pick<PastState, "messages"> {
    if (epochOf(page) !== this.current.epoch) throw new ApiError(CODE_OTHER_LOG, OTHER_LOG, 0);
    return { messages: mergeMessages(this.current.messages, page.messages.map(toMessage)) };
  }

  private change(changed: Partial<PastState>): void {
    if (this.control.signal.aborted) return;
    this.current = { ...this.current, ...changed };
    this.changes.tell();
  }
}

function epochOf({ position }: MessagesPage): string | undefined {
  return parsePosition(position)?.epoch;
}
