import { Account, type AccountState } from "./account";
import { ApiClient, ApiError, CODE_UNREADABLE, type Credentials } from "./api";
import { Channel } from "./channel";
import { readClaims } from "./claims";
import type { OpenSocket } from "./connection";
import { Listeners } from "./listeners";
import { Past, type PastPlace } from "./past";
import { asFields, type Store } from "./store";

export type ChatOptions = {
  /** Where the server is, as location.origin. */
  readonly origin: string;
  /** Shared by the pages of a browser: the sign-in, what waits to be sent, what is read. */
  readonly store: Store;
  /** The page's own: its sessions. */
  readonly pageStore: Store;
  /** The channel that the person looks at, which is read before the others. */
  readonly first?: string | undefined;
  readonly api?: ApiClient;
  readonly openSocket?: OpenSocket;
};

export type ChatState = {
  readonly account: AccountState;
  /** The open channels, in the order in which they were first opened. */
  readonly channels: readonly Channel[];
};

const CHANNELS = "chitchat.channels ";

/** Each open channel is a socket; a browser keeps more than these badly, and a person reads fewer. */
export const MAX_CHANNELS = 32;

/** The code of a channel that is one too many. */
export const CODE_TOO_MANY = "too_many_channels";

/** A chat of one person: who they are, and the channels that they have open. */
export class Chat {
  readonly api: ApiClient;
  readonly account: Account;
  private readonly changes = new Listeners();
  private readonly ends: (() => void)[] = [];
  private readonly channels = new Map<string, Channel>();
  private current: ChatState;

  constructor(private readonly options: ChatOptions) {
    this.api = options.api ?? new ApiClient(options.origin);
    this.account = new Account(this.api, options.store);
    this.current = { account: this.account.state(), channels: [] };
    this.ends.push(
      this.account.subscribe(() => this.accountChanged()),
      options.store.watch((key) => {
        if (key === this.key()) this.openKept();
      }),
    );
    this.openKept();
  }

  readonly subscribe = this.changes.subscribe;

  readonly state = (): ChatState => this.current;

  /** Signs in and opens the channel; returns its normalized name. Throws ApiError. */
  readonly signIn = async (credentials: Credentials): Promise<string> => {
    const { channel } = await this.account.signIn(credentials);
    this.openKept();
    this.open(channel);
    return channel;
  };

  /** Lets go of everything, and forgets nothing: the page is done with it. */
  close(): void {
    for (const end of this.ends.splice(0)) end();
    for (const channel of this.channels.values()) channel.close();
    this.account.close();
  }

  /** Leaves all channels, and forgets who was here. */
  readonly signOut = (): void => {
    for (const channel of this.channels.values()) channel.forget();
    this.options.store.set(this.key(), undefined);
    this.account.signOut();
  };

  /** Gets a token for a channel of whatever name and opens it; returns its normalized name. Throws ApiError. */
  readonly join = async (name: string): Promise<string> => {
    const claims = readClaims(await this.account.renew(name.trim()));
    if (!claims) throw new ApiError(CODE_UNREADABLE, "The server's token cannot be read.", 201);
    if (!this.channels.has(claims.channel) && this.channels.size >= MAX_CHANNELS) {
      this.account.forget(claims.channel);
      throw new ApiError(CODE_TOO_MANY, `Leave a channel first: ${MAX_CHANNELS} can be open.`, 0);
    }
    this.open(claims.channel);
    return claims.channel;
  };

  /** The open channel of this normalized name. */
  channel(name: string): Channel | undefined {
    return this.channels.get(name);
  }

  /** Lets go of a channel for good; the others see that the person left. */
  readonly leave = (name: string): void => {
    const channel = this.channels.get(name);
    if (!channel) return;
    this.channels.delete(name);
    channel.forget();
    this.account.forget(name);
    this.keep();
    this.changed();
  };

  /** A window into the past of an open channel. */
  past(channel: string, place: PastPlace): Past {
    return new Past({ api: this.api, token: () => this.account.token(channel) }, place);
  }

  private open(name: string): void {
    if (this.add(name)) {
      this.channels.get(name)?.open();
      this.keep();
    }
    this.changed();
  }

  private add(name: string): boolean {
    const account = this.account.state();
    if (account.kind !== "signed-in" || this.channels.has(name) || this.channels.size >= MAX_CHANNELS) return false;
    const { origin, store, pageStore, openSocket = openWebSocket } = this.options;
    const channel = new Channel({
      name,
      self: account.user,
      account: this.account,
      api: this.api,
      origin,
      openSocket,
      store,
      pageStore,
    });
    this.channels.set(name, channel);
    return true;
  }

  /** Opens what the store names: after a reload, or because another page opened or left a channel. */
  private openKept(): void {
    const names = this.kept();
    if (!names) return;
    for (const [name, channel] of this.channels) {
      if (names.includes(name)) continue;
      this.channels.delete(name);
      channel.close();
    }
    for (const name of names) this.add(name);
    const { first } = this.options;
    if (first !== undefined) this.channels.get(first)?.open();
    for (const channel of this.channels.values()) channel.open();
    this.changed();
  }

  private kept(): readonly string[] | undefined {
    const names = asFields(this.options.store.get(this.key()))?.names;
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : undefined;
  }

  private keep(): void {
    this.options.store.set(this.key(), { names: [...this.channels.keys()] });
  }

  private key(): string {
    const account = this.account.state();
    return account.kind === "signed-in" ? CHANNELS + account.user.id : CHANNELS;
  }

  /** Channels are of the person who opened them, and of nobody else. */
  private accountChanged(): void {
    const account = this.account.state();
    const id = account.kind === "signed-in" ? account.user.id : undefined;
    for (const [name, channel] of this.channels) {
      if (channel.self.id === id) continue;
      channel.close();
      this.channels.delete(name);
    }
    this.changed();
  }

  private changed(): void {
    this.current = { account: this.account.state(), channels: [...this.channels.values()] };
    this.changes.tell();
  }
}

function openWebSocket(url: string, protocol: string): WebSocket {
  return new WebSocket(url, protocol);
}
