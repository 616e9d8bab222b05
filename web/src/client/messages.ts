import type { components } from "./api.gen";
import type { MessageFrame } from "./frames";

/** A message as it is kept and shown, whether it came by history or by a frame. */
export type Message = Readonly<components["schemas"]["Message"]>;

export function toMessage({ seq, id, from_user, sent_at, text }: MessageFrame | Message): Message {
  return { type: "message", seq, id, from_user, sent_at, text };
}

/** A user's own id names one message for ever; a message without an id is known by its place alone. */
export function messageKey(userId: string, id: string): string | undefined {
  return id === "" ? undefined : `${userId} ${id}`;
}

/**
 * Merges messages into a list in log order. A sequence stands once; of two
 * messages with one key the first in the log stays. Both lists are in order.
 * Returns the same list when nothing is new.
 */
export function mergeMessages(list: readonly Message[], added: readonly Message[]): readonly Message[] {
  const first = added[0];
  if (!first) return list;
  const last = list[list.length - 1];
  if (!last || first.seq > last.seq) return append(list, added);
  const before = prepend(list, added);
  if (before) return before;
  const known = new Set(list.map((message) => message.seq));
  const fresh = added.filter((message) => !known.has(message.seq));
  if (fresh.length === 0) return list;
  return append(
    [],
    [...list, ...fresh].sort((a, b) => a.seq - b.seq),
  );
}

/** The list with older messages before it, which need not be looked at one by one; undefined when they are not all older and new. */
function prepend(list: readonly Message[], older: readonly Message[]): readonly Message[] | undefined {
  const last = older[older.length - 1];
  if (!last || !list[0] || last.seq >= list[0].seq) return undefined;
  const index = indexes.get(list) ?? indexOf(list);
  const keys = older.map(({ from_user, id }) => messageKey(from_user.id, id)).filter((key) => key !== undefined);
  if (new Set(keys).size < keys.length || keys.some((key) => index.has(key))) return undefined;
  for (const key of keys) index.add(key);
  const merged = [...older, ...list];
  indexes.delete(list);
  indexes.set(merged, index);
  return merged;
}

/** The keys in a list, so that appending need not read it whole; lists never change, so this is but a memory. */
const indexes = new WeakMap<readonly Message[], Set<string>>();

function append(list: readonly Message[], added: readonly Message[]): readonly Message[] {
  const index = indexes.get(list) ?? indexOf(list);
  let last = list[list.length - 1]?.seq ?? 0;
  const fresh = added.filter((message) => {
    const key = messageKey(message.from_user.id, message.id);
    if (message.seq <= last || (key !== undefined && index.has(key))) return false;
    if (key !== undefined) index.add(key);
    last = message.seq;
    return true;
  });
  if (fresh.length === 0) return list;
  const merged = [...list, ...fresh];
  indexes.delete(list); // it now holds keys that the old list does not
  indexes.set(merged, index);
  return merged;
}

function indexOf(list: readonly Message[]): Set<string> {
  const index = new Set<string>();
  for (const message of list) {
    const key = messageKey(message.from_user.id, message.id);
    if (key !== undefined) index.add(key);
  }
  return index;
}

/** Whether the list holds the message that this user sent under this id. */
export function hasMessage(list: readonly Message[], userId: string, id: string): boolean {
  const index = indexes.get(list) ?? indexOf(list);
  indexes.set(list, index);
  const key = messageKey(userId, id);
  return key !== undefined && index.has(key);
}

/** The index of the first message behind the sequence in a list in log order, by halving: the list can be long. */
export function firstAfter(messages: readonly Message[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
