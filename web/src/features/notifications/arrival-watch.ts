import type { Channel } from "@/client/channel";
import type { Message } from "@/client/messages";
import { type Notice, Notifier } from "./notifier";

/** What of a channel is watched. */
export type Watched = Pick<Channel, "name" | "self" | "onArrival" | "state">;

export type ArrivalWatchOptions = {
  readonly show: (notice: Notice) => void;
  /** Whether somebody looks at the channel right now. */
  readonly isLookedAt: (channel: string) => boolean;
  /** Whether the person wishes to be told of it. */
  readonly isWished: (message: Message, channel: Watched) => boolean;
};

/** Tells of what comes in some channels. What waits to be told outlives a change among them. */
export class ArrivalWatch {
  private readonly followed = new Map<string, { readonly channel: Watched; readonly end: () => void }>();
  private readonly notifier: Notifier;

  constructor(private readonly options: ArrivalWatchOptions) {
    this.notifier = new Notifier({ show: options.show, isRead: (name, seq) => this.isRead(name, seq) });
  }

  /** Follows these channels from now on, and no others. */
  follow(channels: readonly Watched[]): void {
    for (const [name, { channel, end }] of this.followed) {
      if (channels.includes(channel)) continue;
      end();
      this.followed.delete(name);
    }
    for (const channel of channels) {
      if (this.followed.has(channel.name)) continue;
      const end = channel.onArrival((messages) => this.arrived(channel, messages));
      this.followed.set(channel.name, { channel, end });
    }
  }

  stop(): void {
    this.follow([]);
    this.notifier.stop();
  }

  private arrived(channel: Watched, messages: readonly Message[]): void {
    const { isLookedAt, isWished } = this.options;
    if (isLookedAt(channel.name)) return;
    this.notifier.add(
      channel.name,
      messages.filter((message) => isWished(message, channel)),
    );
  }

  /** What came in a channel that was left meanwhile is no news. */
  private isRead(name: string, seq: number): boolean {
    const channel = this.followed.get(name)?.channel;
    return !channel || seq <= (channel.state().readTo ?? 0);
  }
}
