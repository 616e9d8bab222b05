import type { Account } from "./account";
import { type ApiClient, isUnauthorized } from "./api";
import { ChannelToken } from "./channel-token";
import type { AfterClose } from "./close-codes";
import { Connection, type OpenSocket } from "./connection";
import { type ConnectionState, wasGood } from "./connection-state";
import { EMPTY_FEED, type Feed, type FeedInput, fold } from "./fold";
import type { Frame, User } from "./frames";
import { HistoryReader } from "./history-reader";
import { Listeners } from "./listeners";
import { hasMessage, type Message } from "./messages";
import { onPageHide } from "./network";
import type { Pending } from "./outbox";
import { OutboxStore } from "./outbox-store";
import type { PageState } from "./paging";
import { ReadMark } from "./read-mark";
import { Sender } from "./sender";
import { channelUrl } from "./session";
import { SessionKeeper } from "./session-keeper";
import type { Store } from "./store";
import { NOBODY_TYPES, nextStop, settled, TELL_TYPING_MS, type Typists, typed } from "./typists";
import { NOTHING_UNREAD, type Unread, unreadOf } from "./unread";
import { uuidv7 } from "./uuid";

/** What a channel stands on. */
export type ChannelOptions = {
  /** Its normalized name, as tokens have it. */
  readonly name: string;
  readonly self: User;
  readonly account: Account;
  readonly api: ApiClient;
  /** The page's origin, as in location.origin. */
  readonly origin: string;
  readonly openSocket: OpenSocket;
  /** Shared by the pages of a browser. */
  readonly store: Store;
  /** The page's own. */
  readonly pageStore: Store;
};

/** A channel as it is at one moment. It never changes; a change makes another one. */
export type ChannelState = {
  readonly feed: Feed;
  /** What the person sent and the log does not show yet, in the order of writing. */
  readonly pending: readonly Pending[];
  readonly connection: ConnectionState;
  /** Whether the newest history could not be read; it is tried again all the while. */
  readonly historyFailed: boolean;
  readonly older: PageState;
  readonly typists: Typists;
  readonly unread: Unread;
  /** All up to this sequence is read; undefined before anything is known. */
  readonly readTo: number | undefined;
};

/** The reason of what the server refused by closing the socket: it gave none. */
const REASON_CLOSED = "";

/** When the list is not read back, so many messages are kept, and twice as many are let come before the oldest go. */
const KEPT = 1_000;

/** When it is, so many: nobody has scrolled that far, and a page's memory ends somewhere. */
const KEPT_READING_BACK = 100_000;

/** A channel that is open: its history and what comes live, what is to be sent, who is here, who types, what is unread. */
export class Channel {
  readonly name: string;
  readonly self: User;
  /** Names the person and the channel: what is kept for one is not shown to another. */
  readonly owner: string;
  private readonly changes = new Listeners();
  private readonly arrivals = new Listeners<[messages: readonly Message[]]>();
  private readonly token: ChannelToken;
  private readonly connection: Connection;
  private readonly sender: Sender;
  private readonly outboxes: OutboxStore;
  private readonly session: SessionKeeper;
  private readonly readMark: ReadMark;
  private readonly history: HistoryReader;
  private readonly ends: (() => void)[] = [];
  private current: ChannelState;
  private started = false;
  private readingBack = false;
  private toldTypingAt = 0;
  private announcedTo: number | undefined; // nothing is news that was there when the channel was opened
  private typingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ChannelOptions) {
    const { name, self, store, pageStore } = options;
    this.name = name;
    this.self = self;
    this.owner = ownerOf(self, name);
    this.outboxes = new OutboxStore(store, this.owner);
    this.sender = new Sender(this.outboxes.load(Date.now()));
    this.session = new SessionKeeper(pageStore, this.owner);
    this.readMark = new ReadMark(store, this.owner);
    this.token = new ChannelToken(options.account, name, (token) => this.authenticate(token));
    this.history = new HistoryReader({
      api: options.api,
      token: () => this.token.get(),
      feed: () => this.current.feed,
      apply: (input) => this.apply(input),
      onTried: (failed) => this.historyTried(failed),
      onUnauthorized: (token) => this.token.refused(token),
    });
    this.connection = new Connection({
      openSocket: options.openSocket,
      url: () => this.url(),
      probe: () => ({ type: "auth", id: uuidv7(), token: this.token.inUse() }),
      onFrames: (frames) => this.hear(frames),
      onClosed: (after) => this.closed(after),
      onRefused: () => void this.refused(),
      onState: (connection) => this.connectionChanged(connection),
    });
    this.current = {
      feed: EMPTY_FEED,
      pending: this.sender.items(),
      connection: this.connection.state(),
      historyFailed: false,
      older: "idle",
      typists: NOBODY_TYPES,
      unread: NOTHING_UNREAD,
      readTo: undefined,
    };
  }

  readonly subscribe = this.changes.subscribe;

  readonly state = (): ChannelState => this.current;

  /** Calls the listener with messages of others that came live, after the history. Returns what ends it. */
  readonly onArrival = this.arrivals.subscribe;

  /** Reads the history, and then keeps up until it is closed. A closed one can be opened again. */
  open(): void {
    if (this.started) return;
    this.started = true;
    this.token.start();
    const { store } = this.options;
    this.ends.push(
      this.sender.subscribe(() => this.senderChanged()),
      store.watch((key) => this.changedElsewhere(key)),
      this.session.watch(),
      onPageHide(() => this.readMark.flush()),
    );
    this.history.read();
  }

  /** Lets go of the channel. The others see that the person left it. */
  close(): void {
    this.started = false;
    for (const end of this.ends.splice(0)) end();
    this.token.stop();
    this.history.stop();
    this.connection.stop();
    this.sender.disconnected();
    this.readMark.flush();
    clearTimeout(this.typingTimer);
  }

  /** Somebody leaves for good: what they wrote and did not send is not for the next one at this screen. */
  forget(): void {
    this.close();
    this.outboxes.clear();
    this.session.forget();
    this.readMark.forget();
  }

  /** Takes the text for sending; false when too much waits already. */
  readonly send = (text: string): boolean => {
    this.toldTypingAt = 0;
    return this.sender.send(text);
  };

  readonly tryAgain = (id: string): void => this.sender.tryAgain(id);

  readonly discard = (id: string): void => this.sender.discard(id);

  readonly connectNow = (): void => this.connection.connectNow();

  /** The person is typing: the others are told, but not with each letter. */
  readonly typing = (): void => {
    const now = Date.now();
    if (now - this.toldTypingAt < TELL_TYPING_MS) return;
    if (this.connection.transmit({ type: "typing" })) this.toldTypingAt = now;
  };

  /** The person has read all up to this sequence, or up to the end when it is beyond. */
  readonly markRead = (seq: number): void => {
    const { position } = this.current.feed;
    if (!position) return;
    const to = { epoch: position.epoch, seq: Math.min(seq, position.seq) };
    if (this.readMark.advance(to)) this.change(this.readingOf(this.current.feed));
  };

  /** While the person reads what is far back, nothing that was read is let go of. */
  readonly setReadingBack = (readingBack: boolean): void => {
    this.readingBack = readingBack;
  };

  /** Reads the page before the oldest message; what comes of it, `older` and the feed show. */
  readonly loadOlder = async (): Promise<void> => {
    if (this.current.older === "loading" || !this.current.feed.hasOlder) return;
    this.change({ older: "loading" });
    const done = await this.history.readOlder();
    this.change({ older: done ? "idle" : "failed" });
  };

  private async url(): Promise<string> {
    const { origin } = this.options;
    const token = await this.token.get();
    return channelUrl({ origin, token, after: this.current.feed.position, session: this.session.id() });
  }

  /** The connection lives on with a fresh token. */
  private authenticate(token: string): void {
    this.connection.transmit({ type: "auth", id: uuidv7(), token });
  }

  private connectionChanged(connection: ConnectionState): void {
    if (wasGood(this.current.connection, Date.now())) this.token.accepted();
    this.change({ connection });
  }

  private apply(input: FeedInput): void {
    const before = this.current.feed;
    const folded = fold(before, input);
    const keep = this.readingBack ? KEPT_READING_BACK : KEPT;
    const feed = input.kind === "older" ? folded : fold(folded, { kind: "trim", keep });
    if (feed === before) return;
    if (before.position && before.position.epoch !== feed.position?.epoch) this.transplant();
    this.change({ feed, ...this.readingOf(feed) });
    this.settle(feed);
    this.announce(feed);
    if (feed.chain.kind === "refetch" && this.started) this.history.read();
  }

  /** The server has another log. */
  private transplant(): void {
    this.announcedTo = undefined;
    this.sender.transplant();
  }

  private hear(frames: readonly Frame[]): void {
    this.apply({ kind: "frames", frames });
    this.watchTyping(frames);
    for (const frame of frames) {
      if (frame.type === "hello") this.session.set(frame.session);
      if (frame.type === "hello" || frame.type === "reset") {
        this.sender.connected({
          transmit: (command) => this.connection.transmit(command),
          onStalled: () => this.connection.cut(),
        });
      }
      if (frame.type === "ack" || frame.type === "error") this.sender.answered(frame);
    }
    this.settle(this.current.feed);
  }

  /** What is to be seen in the log, waits no more. */
  private settle({ messages, position }: Feed): void {
    const seen = position?.seq ?? 0;
    this.sender.settle(({ id, seq }) => (seq !== undefined && seq <= seen) || hasMessage(messages, this.self.id, id));
  }

  /** Tells of what came, once it is known that nothing is missing before it. */
  private announce({ messages, position, chain }: Feed): void {
    if (!position || chain.kind === "refetch") return;
    const from = this.announcedTo;
    this.announcedTo = position.seq;
    if (from === undefined || from >= position.seq) return;
    const first = messages.findLastIndex((message) => message.seq <= from) + 1;
    const news = messages.slice(first).filter((message) => message.from_user.id !== this.self.id);
    if (news.length > 0) this.arrivals.tell(news);
  }

  private watchTyping(frames: readonly Frame[]): void {
    const now = Date.now();
    let { typists } = this.current;
    for (const frame of frames) {
      if (frame.type === "typing" && frame.from_user.id !== this.self.id)
        typists = typed(typists, frame.from_user, now);
      if (frame.type === "message") typists = settled(typists, now, new Set([frame.from_user.id]));
    }
    this.setTypists(typists);
  }

  private setTypists(typists: Typists): void {
    if (typists === this.current.typists) return;
    this.change({ typists });
    clearTimeout(this.typingTimer);
    const stop = nextStop(typists);
    if (stop === undefined) return;
    const forget = (): void => this.setTypists(settled(this.current.typists, Date.now(), new Set()));
    this.typingTimer = setTimeout(forget, Math.max(0, stop - Date.now()));
  }

  private closed(after: AfterClose): void {
    this.sender.disconnected(after.kind === "halt" ? REASON_CLOSED : undefined);
    this.setTypists(NOBODY_TYPES);
    if (after.kind !== "renew") return;
    this.token.refused(this.token.inUse());
    void this.comeBack();
  }

  /** The server ended the connection for its token: with another one it goes on. */
  private async comeBack(): Promise<void> {
    await this.token.get().catch(() => undefined); // it is asked for again with the next socket
    if (this.started) this.connection.renewed();
  }

  /** A browser does not tell why a socket was refused; the API does. */
  private async refused(): Promise<void> {
    const token = this.token.inUse();
    try {
      await this.options.api.whoAmI(token);
      this.session.refused();
    } catch (error) {
      if (isUnauthorized(error)) this.token.refused(token);
    }
  }

  private historyTried(historyFailed: boolean): void {
    if (!this.started) return;
    if (!historyFailed) this.token.accepted();
    if (historyFailed !== this.current.historyFailed) this.change({ historyFailed });
    this.connection.start(); // where the history can't be had, what comes live can
  }

  private senderChanged(): void {
    this.outboxes.save(this.sender.items());
    this.change({ pending: this.sender.items() });
  }

  private changedElsewhere(key: string): void {
    const removed = this.outboxes.removed(key);
    if (removed !== undefined) this.sender.removedElsewhere(removed);
    if (this.readMark.changedElsewhere(key)) this.change(this.readingOf(this.current.feed));
  }

  /** Who opens a channel for the first time has nothing unread in it. */
  private readingOf(feed: Feed): Pick<ChannelState, "unread" | "readTo"> {
    const { position, messages, hasOlder } = feed;
    if (!position || feed.chain.kind === "refetch") return { unread: this.current.unread, readTo: this.current.readTo };
    const readTo = this.readMark.of(position);
    return { readTo, unread: unreadOf(messages, readTo, this.self, hasOlder) };
  }

  private change(changed: Partial<ChannelState>): void {
    this.current = { ...this.current, ...changed };
    this.changes.tell();
  }
}

/** Names a person in a channel. */
export function ownerOf(user: User, channel: string): string {
  return `${user.id} ${channel}`;
}
