import type { Message } from "@/client/messages";

/** What is shown of one message, or of some that came close together. */
export type Notice = {
  readonly channel: string;
  /** The last of them is what a click leads to. */
  readonly last: Message;
  readonly count: number;
  /** The names of their authors, each once. */
  readonly names: readonly string[];
};

export type NotifierOptions = {
  readonly show: (notice: Notice) => void;
  /** Whether somebody has read it by now, here or in another page. */
  readonly isRead: (channel: string, seq: number) => boolean;
};

/** Messages wait so long, in milliseconds: who reads them in the meantime need not be told. */
export const GATHER_MS = 1_500;

/** Of one channel is told at most this often, in milliseconds; what comes between is told together. */
export const QUIET_MS = 10_000;

type Gathered = { readonly messages: Message[]; shownAt: number; timer: ReturnType<typeof setTimeout> | undefined };

/** Tells of messages, but not of each. */
export class Notifier {
  private readonly channels = new Map<string, Gathered>();

  constructor(private readonly options: NotifierOptions) {}

  add(channel: string, messages: readonly Message[]): void {
    if (messages.length === 0) return;
    const gathered = this.channels.get(channel) ?? {
      messages: [],
      shownAt: Number.NEGATIVE_INFINITY,
      timer: undefined,
    };
    this.channels.set(channel, gathered);
    gathered.messages.push(...messages);
    const wait = Math.max(GATHER_MS, gathered.shownAt + QUIET_MS - Date.now());
    gathered.timer ??= setTimeout(() => this.tell(channel, gathered), wait);
  }

  stop(): void {
    for (const { timer } of this.channels.values()) clearTimeout(timer);
    this.channels.clear();
  }

  private tell(channel: string, gathered: Gathered): void {
    gathered.timer = undefined;
    const news = gathered.messages.splice(0).filter(({ seq }) => !this.options.isRead(channel, seq));
    const last = news[news.length - 1];
    if (!last) return;
    gathered.shownAt = Date.now();
    const names = [...new Map(news.map(({ from_user: { id, name } }) => [id, name])).values()];
    this.options.show({ channel, last, count: news.length, names });
  }
}
