import { useMemo, useState } from "react";
import type { Channel } from "@/client/channel";
import type { User } from "@/client/frames";
import { MentionIndex } from "@/client/mentions";
import type { Message } from "@/client/messages";
import { useStore } from "@/shared/use-store";

export type Mentionable = {
  /** Those present, then authors of messages that were shown. */
  readonly people: readonly User[];
  readonly index: MentionIndex;
};

/** Who can be mentioned in the channel. It stays the same as long as nobody new comes. */
export function useMentionable(channel: Channel): Mentionable {
  const present = useStore(channel, (state) => state.feed.people.byId);
  const messages = useStore(channel, (state) => state.feed.messages);
  const authors = useAuthors(messages);
  const { self } = channel;
  return useMemo(() => {
    const byId = new Map<string, User>();
    for (const { user } of present.values()) byId.set(user.id, user);
    for (const user of [self, ...authors.values()]) if (!byId.has(user.id)) byId.set(user.id, user);
    const people = [...byId.values()];
    return { people, index: new MentionIndex(people) };
  }, [present, authors, self]);
}

/** The authors of all messages that were ever in the list, which lets old ones go. */
function useAuthors(messages: readonly Message[]): ReadonlyMap<string, User> {
  const [authors, setAuthors] = useState<ReadonlyMap<string, User>>(new Map());
  const unknown = messages.filter(({ from_user }) => !authors.has(from_user.id));
  if (unknown.length > 0)
    setAuthors(new Map([...authors, ...unknown.map(({ from_user }) => [from_user.id, from_user] as const)]));
  return authors;
}
