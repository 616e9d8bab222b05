import type { UsersPage } from "../api";
import type { LogFrame, User } from "../frames";
import type { Message } from "../messages";
import { toMessage } from "../messages";

export const CHANNEL = "lobby";

type Entry = Exclude<LogFrame, { type: "presence" }>;

/** The truth: what was said in a channel and who came and went, in the order of the log. */
export class ScriptedLog {
  readonly entries: Entry[] = [];
  private last = 0;

  constructor(readonly epoch: string) {}

  /** The last sequence of the channel; 0 before there is one. */
  end(): number {
    return this.entries[this.entries.length - 1]?.seq ?? 0;
  }

  /** Other channels' events take sequences, too. */
  skip(count: number): void {
    this.last += count;
  }

  /** Posts; a retry of what is there gives the sequence that it had. Who does not say so, posts it twice. */
  post(user: User, id: string, text: string, retry = false): number {
    const isIt = (entry: Entry): boolean =>
      entry.type === "message" && entry.id === id && entry.from_user.id === user.id;
    const known = retry ? this.entries.find(isIt) : undefined;
    return known?.seq ?? this.append({ type: "message", from_user: user, id, text });
  }

  join(user: User, session: string, term: string): number {
    return this.append({ type: "join", from_user: user, session, term });
  }

  leave(user: User, session: string, term: string): number {
    return this.append({ type: "leave", from_user: user, session, term, reason: "closed" });
  }

  messages(upTo = Number.POSITIVE_INFINITY): readonly Message[] {
    return this.entries.flatMap((entry) => (entry.type === "message" && entry.seq <= upTo ? [toMessage(entry)] : []));
  }

  /** Who is here at a sequence: whoever has a session that no leave of its own term has ended. */
  users(upTo = Number.POSITIVE_INFINITY): UsersPage["users"] {
    const sessions = new Map<string, { user: User; term: string | undefined }>();
    for (const entry of this.entries) {
      if (entry.seq > upTo || entry.type === "message") continue;
      if (entry.type === "join") sessions.set(entry.session, { user: entry.from_user, term: entry.term });
      else if (sessions.get(entry.session)?.term === entry.term) sessions.delete(entry.session);
    }
    const users = new Map<string, UsersPage["users"][number]>();
    for (const [session, { user, term = "" }] of sessions) {
      const known = users.get(user.id) ?? { ...user, sessions: [], terms: [] };
      known.sessions.push(session);
      known.terms?.push(term);
      users.set(user.id, known);
    }
    return [...users.values()];
  }

  private append(event: Record<string, unknown>): number {
    const prev = this.end();
    this.last = Math.max(this.last, prev) + 1;
    this.entries.push({ ...event, seq: this.last, prev, sent_at: new Date().toISOString() } as Entry);
    return this.last;
  }
}
