import type { User } from "./frames";
import { mentions } from "./mentions";
import { firstAfter, type Message } from "./messages";

/** What a person has not read in a channel. */
export type Unread = {
  /** How many messages of others, at most COUNTED. */
  readonly count: number;
  /** Whether there are more than are counted. */
  readonly more: boolean;
  /** Whether one of them names the person. */
  readonly mentioned: boolean;
};

/** More unread messages than this are not counted one by one. */
export const COUNTED = 99;

export const NOTHING_UNREAD: Unread = { count: 0, more: false, mentioned: false };

/** Counts what has come behind `readTo` in a list that is in log order; `hasOlder` tells that the list may begin too late. */
export function unreadOf(messages: readonly Message[], readTo: number, self: User, hasOlder: boolean): Unread {
  const first = firstAfter(messages, readTo);
  let count = 0;
  let mentioned = false;
  for (let i = first; i < messages.length && count <= COUNTED; i++) {
    const message = messages[i];
    if (!message || message.from_user.id === self.id) continue;
    count++;
    mentioned ||= mentions(message.text, self);
  }
  if (count === 0) return NOTHING_UNREAD;
  const startsLate = first === 0 && hasOlder;
  return { count: Math.min(count, COUNTED), more: count > COUNTED || startsLate, mentioned };
}
