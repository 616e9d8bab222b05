import type { MessagesPage, UsersPage } from "./api";
import { type Frame, isLogFrame, type LogFrame, type User } from "./frames";
import { type Message, mergeMessages, toMessage } from "./messages";
import { foldPeople, isUncountable, NOBODY, type People, peopleAt } from "./people";
import { type Position, parsePosition } from "./position";

/** A user came with their first session, or went with their last. */
export type Note = {
  readonly seq: number;
  readonly kind: "join" | "leave";
  readonly user: User;
  readonly sent_at: string;
};

/**
 * Whether every event up to the position is known to have been seen. If not,
 * the history is to be read again, at the position or after it.
 */
export type Chain =
  | { readonly kind: "proven" }
  | {
      readonly kind: "refetch";
      /** The messages are whole up to this sequence. */
      readonly since: number;
      /** What has come since, to be counted on top of the history once it is read. */
      readonly pending: readonly LogFrame[];
    };

/** A channel as far as it has been told. */
export type Feed = {
  /** The last event seen, and where a new socket goes on; undefined before anything was read. */
  readonly position: Position | undefined;
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly people: People;
  readonly notes: readonly Note[];
  readonly chain: Chain;
  /** How often the history had to be read again so far. */
  readonly gaps: number;
};

export type FeedInput =
  | { readonly kind: "frames"; readonly frames: readonly Frame[] }
  | { readonly kind: "history"; readonly page: MessagesPage; readonly people: UsersPage }
  /** The page that ends just below the sequence `before`. */
  | { readonly kind: "older"; readonly before: number; readonly page: MessagesPage }
  /** Lets the oldest go when there are more than twice as many messages as are to be kept. */
  | { readonly kind: "trim"; readonly keep: number };

/** More notes than this are not kept: they are a passing remark, not a record. */
const MAX_NOTES = 300;

/** More frames than this are not held back for a history that does not come; it is then read once more. */
const MAX_PENDING = 2_000;

export const EMPTY_FEED: Feed = {
  position: undefined,
  messages: [],
  hasOlder: false,
  people: NOBODY,
  notes: [],
  chain: { kind: "refetch", since: 0, pending: [] },
  gaps: 0,
};

/** Folds what the server told into the feed. It is pure: the same inputs give the same feed. */
export function fold(feed: Feed, input: FeedInput): Feed {
  switch (input.kind) {
    case "frames":
      return foldFrames(feed, input.frames);
    case "history":
      return foldHistory(feed, input.page, input.people);
    case "older":
      return foldOlder(feed, input.before, input.page);
    case "trim":
      return trim(feed, input.keep);
  }
}

function foldFrames(feed: Feed, frames: readonly Frame[]): Feed {
  let next = feed;
  let added: Message[] = [];
  for (const frame of frames) {
    if (isLogFrame(frame)) {
      if (frame.type === "message" && isNew(next, frame)) added.push(toMessage(frame));
      next = foldEvent(next, frame);
    } else if (frame.type === "hello" || frame.type === "reset") {
      next = { ...next, messages: mergeMessages(next.messages, added) };
      added = [];
      next = frame.type === "hello" ? foldHello(next, frame.position) : foldReset(next, frame.position);
    }
  }
  return added.length === 0 ? next : { ...next, messages: mergeMessages(next.messages, added) };
}

function isNew(feed: Feed, frame: LogFrame): boolean {
  return feed.position !== undefined && frame.seq > feed.position.seq;
}

/** Everything about an event but the message's text, which foldFrames adds in one go. */
function foldEvent(feed: Feed, frame: LogFrame): Feed {
  const { position } = feed;
  if (!position) return feed; // before hello: no epoch to place it in
  const people = foldPeople(feed.people, frame);
  const counted = { ...feed, people, notes: noteDown(feed, people, frame) };
  if (frame.seq <= position.seq) return counted;
  return withChain({ ...counted, position: { ...position, seq: frame.seq } }, link(feed, position, frame));
}

/** A chain that was proven and no longer is, is one more reading. */
function withChain(feed: Feed, chain: Chain): Feed {
  const broke = feed.chain.kind === "proven" && chain.kind === "refetch";
  return { ...feed, chain, gaps: broke ? feed.gaps + 1 : feed.gaps };
}

/** A frame proves that nothing is missing when the event before it is one that we have seen. */
function link({ chain, people }: Feed, position: Position, frame: LogFrame): Chain {
  if (chain.kind === "refetch") return { ...chain, pending: [...chain.pending, frame].slice(-MAX_PENDING) };
  if (frame.prev > position.seq || isUncountable(people, frame))
    return { kind: "refetch", since: position.seq, pending: [frame] };
  return chain;
}

function noteDown(feed: Feed, people: People, frame: LogFrame): readonly Note[] {
  if (frame.type !== "join" && frame.type !== "leave") return feed.notes;
  const { id } = frame.from_user;
  if (feed.people.byId.has(id) === people.byId.has(id)) return feed.notes;
  const note: Note = { seq: frame.seq, kind: frame.type, user: frame.from_user, sent_at: frame.sent_at };
  return [...feed.notes, note].slice(-MAX_NOTES);
}

function foldHello(feed: Feed, position: Position): Feed {
  if (!feed.position) return { ...feed, position };
  return feed.position.epoch === position.epoch ? feed : foldReset(feed, position);
}

/** The server cannot go on from where we were. Messages of another log have nothing to do with this one's. */
function foldReset(feed: Feed, position: Position): Feed {
  const sameLog = feed.position?.epoch === position.epoch;
  const since = feed.chain.kind === "refetch" ? feed.chain.since : (feed.position?.seq ?? 0);
  const chain: Chain = { kind: "refetch", since: sameLog ? Math.min(since, position.seq) : 0, pending: [] };
  const people = { ...feed.people, seq: position.seq };
  const kept = sameLog ? feed : { ...feed, messages: [], notes: [] };
  return withChain({ ...kept, position, people }, chain);
}

function foldHistory(feed: Feed, page: MessagesPage, users: UsersPage): Feed {
  const messagesAt = parsePosition(page.position);
  const usersAt = parsePosition(users.position);
  if (!messagesAt || !usersAt || messagesAt.epoch !== usersAt.epoch) return feed;
  if (feed.position && feed.position.epoch !== messagesAt.epoch) return feed;
  if (feed.chain.kind === "proven") return feed;

  const { pending, since } = feed.chain;
  const position = replay({ epoch: messagesAt.epoch, seq: Math.min(messagesAt.seq, usersAt.seq) }, pending);
  if (!position || position.seq < (feed.position?.seq ?? 0)) return feed;
  return {
    ...mergePage(feed, page, since),
    position,
    people: pending.reduce(foldPeople, peopleAt(usersAt.seq, users.users)),
    notes: feed.notes,
    chain: { kind: "proven" },
    gaps: feed.gaps,
  };
}

/** The position after the frames, or undefined when they do not join on to it without a hole. */
function replay(from: Position, frames: readonly LogFrame[]): Position | undefined {
  let { seq } = from;
  for (const frame of frames) {
    if (frame.seq <= seq) continue;
    if (frame.prev > seq) return undefined;
    seq = frame.seq;
  }
  return { ...from, seq };
}

/** Lays the newest page over what is there. Where the two do not touch, what lies before the page goes. */
function mergePage(feed: Feed, page: MessagesPage, since: number): Pick<Feed, "messages" | "hasOlder"> {
  const oldest = page.messages[0]?.seq ?? 0;
  const touches = !page.has_more || oldest <= since;
  const kept = touches ? feed.messages : feed.messages.filter((message) => message.seq >= oldest);
  const reachesBack = (kept[0]?.seq ?? Number.POSITIVE_INFINITY) < oldest;
  return {
    messages: mergeMessages(kept, page.messages.map(toMessage)),
    hasOlder: reachesBack ? feed.hasOlder : page.has_more,
  };
}

/** A page that no longer joins on to the oldest message is of no use. */
function foldOlder(feed: Feed, before: number, page: MessagesPage): Feed {
  if (parsePosition(page.position)?.epoch !== feed.position?.epoch || feed.messages[0]?.seq !== before) return feed;
  return { ...feed, messages: mergeMessages(feed.messages, page.messages.map(toMessage)), hasOlder: page.has_more };
}

function trim(feed: Feed, keep: number): Feed {
  if (feed.messages.length <= 2 * keep) return feed;
  return { ...feed, messages: feed.messages.slice(-keep), hasOlder: true };
}
