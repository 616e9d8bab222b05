import type { User } from "@/client/frames";
import { MentionIndex } from "@/client/mentions";
import type { Message } from "@/client/messages";
import type { People } from "@/client/people";

/** Who can be mentioned. To index many people takes a while, and all rows are read anew with another index. */
export type Mentionable = {
  /** Those who were present when it was made, then others who have written or were here. */
  readonly people: readonly User[];
  readonly index: MentionIndex;
};

/** What is known of a channel's people, and from what. */
export type Known = {
  readonly self: User;
  readonly mentionable: Mentionable;
  readonly byId: ReadonlyMap<string, User>;
  readonly present: People["byId"];
  readonly messages: readonly Message[];
};

/** Of those who are not present so many can be mentioned: who was seen first is forgotten first. */
export const MOST_ABSENT = 1_000;

/** Begins with oneself alone, who is never forgotten. */
export function knownTo(self: User): Known {
  const people = [self];
  const mentionable = { people, index: new MentionIndex(people) };
  return { self, mentionable, byId: new Map([[self.id, self]]), present: new Map(), messages: [] };
}

/** Takes notice of who is present and who has written. What can be mentioned stays the same until a new name is there. */
export function know(known: Known, { present, messages }: Pick<Known, "present" | "messages">): Known {
  if (present === known.present && messages === known.messages) return known;
  const found = new Map<string, User>();
  if (present !== known.present) {
    for (const { user } of present.values()) if (known.byId.get(user.id)?.name !== user.name) found.set(user.id, user);
  }
  for (const { from_user: user } of newOf(known.messages, messages)) {
    if (!present.has(user.id) && known.byId.get(user.id)?.name !== user.name) found.set(user.id, user);
  }
  const next = { ...known, present, messages };
  return found.size === 0 ? next : remake(next, found.values());
}

/** Those present stand first and then oneself; those who are new come after all others. */
function remake(known: Known, found: Iterable<User>): Known {
  const { self, present } = known;
  const first = new Map([...present].map(([id, { user }]) => [id, user]));
  if (!first.has(self.id)) first.set(self.id, self);
  const absent = new Map([...known.byId].filter(([id]) => !first.has(id)));
  for (const user of found) {
    absent.delete(user.id);
    if (!first.has(user.id)) absent.set(user.id, user);
  }
  const people = [...first.values(), ...[...absent.values()].slice(-MOST_ABSENT)];
  const byId = new Map(people.map((user) => [user.id, user]));
  return { ...known, byId, mentionable: { people, index: new MentionIndex(people) } };
}

/** The messages before and behind those that were there already; all of them where the list changed otherwise. */
function newOf(before: readonly Message[], messages: readonly Message[]): readonly Message[] {
  if (before === messages) return [];
  const start = messages.indexOf(before[0] as Message);
  const end = messages.lastIndexOf(before[before.length - 1] as Message) + 1;
  if (start === -1 || end - start !== before.length) return messages;
  return [...messages.slice(0, start), ...messages.slice(end)];
}
