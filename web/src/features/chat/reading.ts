import { firstAfter, type Message } from "@/client/messages";

/** How far somebody has read a list in which messages come. */
export type Reading = {
  /** The newest message that the list had; undefined before the first look, and in a window into the past. */
  readonly newest: number | undefined;
  /** The newest that was in sight. */
  readonly seenTo: number | undefined;
  /** How many messages of others have come since. */
  readonly unseen: number;
  /** The line "New" stands behind this sequence, in front of what others said. */
  readonly mark: number | undefined;
};

/** What there is to read, and whether it is read. */
export type Look = {
  readonly messages: readonly Message[];
  /** Whether the list ends with the newest message of the channel. */
  readonly isLive: boolean;
  /** Whether the end of the list is in sight of somebody. */
  readonly isSeen: boolean;
  /** What was read when the channel was opened. */
  readonly readTo: number | undefined;
  readonly selfId: string;
};

/** Nothing was looked at yet. */
export const UNREAD: Reading = { newest: undefined, seenTo: undefined, unseen: 0, mark: undefined };

/** Looks at the list again. The line stays where it is, until something comes that nobody sees. */
export function look(before: Reading, { messages, isLive, isSeen, readTo, selfId }: Look): Reading {
  const newest = messages[messages.length - 1]?.seq;
  if (newest === undefined) return before;
  if (!isLive) return before.newest === undefined ? before : { ...before, newest: undefined };
  if (before.newest === undefined || newest < before.newest) {
    const seenTo = before.seenTo ?? readTo ?? newest;
    const unseen = countAfter(messages, seenTo, selfId);
    const mark = before.mark ?? (unseen > 0 ? seenTo : undefined);
    return isSeen ? { newest, seenTo: newest, unseen: 0, mark } : { newest, seenTo, unseen, mark };
  }
  if (isSeen) return isUpToDate(before, newest) ? before : { ...before, newest, seenTo: newest, unseen: 0 };
  if (newest === before.newest) return before;
  const came = countAfter(messages, before.newest, selfId);
  const mark = before.unseen === 0 && came > 0 ? before.seenTo : before.mark;
  return { ...before, newest, unseen: before.unseen + came, mark };
}

/** The message in front of which the line "New" stands, where the list reaches back to it. */
export function firstNew(
  messages: readonly Message[],
  hasOlder: boolean,
  mark: number | undefined,
  selfId: string,
): number | undefined {
  if (mark === undefined) return undefined;
  const first = firstAfter(messages, mark);
  if (first === 0 && hasOlder) return undefined;
  for (let i = first; i < messages.length; i++) {
    const message = messages[i];
    if (message && message.from_user.id !== selfId) return message.seq;
  }
  return undefined;
}

function isUpToDate({ newest, seenTo, unseen }: Reading, seq: number): boolean {
  return newest === seq && seenTo === seq && unseen === 0;
}

function countAfter(messages: readonly Message[], seq: number, selfId: string): number {
  let count = 0;
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (!message || message.seq <= seq) break;
    if (message.from_user.id !== selfId) count++;
  }
  return count;
}
