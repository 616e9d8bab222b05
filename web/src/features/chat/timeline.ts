import type { Note } from "@/client/fold";
import type { User } from "@/client/frames";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import { ABOVE_ALL, type Block, growBlock, layBlock, layPending, type Row, type Standing } from "./layout";

/** What is to be laid out. The lists are in log order; `hasOlder` and `hasNewer` say that they are a window. */
export type TimelineInput = {
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly notes: readonly Note[];
  readonly pending: readonly Pending[];
  readonly self: User;
};

/**
 * The rows of a channel, laid out. Each has an index, which starts anywhere and stays the same for a row while others
 * come or go above it and below; what a list keeps by index, as heights, stays true.
 */
export type Timeline = {
  /** The index of the first row. */
  readonly first: number;
  readonly count: number;
  /** Another number when nothing has stayed, so that no index says anything any longer. */
  readonly generation: number;
  readonly blocks: readonly Block[];
  /** Where each block begins, counted from the first row. */
  readonly starts: readonly number[];
  /** What is not in the log yet. */
  readonly tail: readonly Row[];
  readonly selfId: string;
};

/** Far from zero, since what is laid above the first rows counts down from here. */
const START = 1_000_000_000;

/** A block has at most so many messages: the most that an update lays out anew for one that comes. */
const BLOCK = 128;

/** What is waited for is looked for in so many of the newest messages: it came a moment ago or not at all. */
const RECENT = 128;

/** Nothing laid out yet. */
export const EMPTY_TIMELINE: Timeline = {
  first: START,
  count: 0,
  generation: 0,
  blocks: [],
  starts: [],
  tail: [],
  selfId: "",
};

/**
 * Lays messages and notes out in log order, with a line for each day, and what is not in the log yet below.
 * It is pure, and what it gives depends on `input` alone, but for the indexes; `before` is its memory, so that it lays
 * out what is new. Messages never change: where a block's outer ones and their number are the same, it is the same.
 */
export function extend(before: Timeline, input: TimelineInput): Timeline {
  const { messages, self } = input;
  const old = before.selfId === self.id ? before.blocks : [];
  const blocks = lay(cut(old, messages), shownNotes(input), self.id);
  const tail = layPending(shownPending(input), blocks[blocks.length - 1]?.after ?? ABOVE_ALL, self.id);
  const starts: number[] = [];
  let count = 0;
  for (const block of blocks) {
    starts.push(count);
    count += block.rows.length;
  }
  const laid = { ...before, blocks, starts, tail, count: count + tail.length, selfId: self.id };
  return { ...laid, ...numbered(before, laid, input.hasOlder) };
}

/** The row at an index, if there is one. */
export function rowAt(timeline: Timeline, index: number): Row | undefined {
  const { first, blocks, starts, tail, count } = timeline;
  const offset = index - first;
  const inTail = offset - (count - tail.length);
  if (inTail >= 0) return tail[inTail];
  const block = lowerBound(starts.length, (i) => (starts[i] ?? 0) > offset) - 1;
  return blocks[block]?.rows[offset - (starts[block] ?? 0)];
}

/** The index of the first message at the sequence or after it, if there is one. */
export function indexOfSeq({ first, blocks, starts }: Timeline, seq: number): number | undefined {
  const block = lowerBound(blocks.length, (i) => lastSeq(blocks[i]?.messages) >= seq);
  const row = blocks[block]?.rows.findIndex((row) => row.kind === "message" && row.message.seq >= seq) ?? -1;
  return row === -1 ? undefined : first + (starts[block] ?? 0) + row;
}

/** Messages for one block, and the block that has had them, or the first of them. */
type Cut = { readonly messages: readonly Message[]; readonly was?: Block };

/** Cuts the messages into blocks where they were cut before. */
function cut(old: readonly Block[], messages: readonly Message[]): readonly Cut[] {
  const blocks = old.filter((block) => block.messages.length > 0);
  const oldest = blocks[0]?.messages[0]?.seq;
  let from = oldest === undefined ? messages.length : indexFrom(messages, oldest, 0);
  const cuts = fresh(messages, 0, from);
  blocks.forEach((was, i) => {
    const next = blocks[i + 1]?.messages[0];
    const to = next ? indexFrom(messages, next.seq, from + was.messages.length) : messages.length;
    cuts.push(...recut(was, messages, from, to));
    from = to;
  });
  return cuts;
}

function recut(was: Block, messages: readonly Message[], from: number, to: number): readonly Cut[] {
  const { length } = was.messages;
  const isPrefix = messages[from] === was.messages[0] && messages[from + length - 1] === was.messages[length - 1];
  if (!isPrefix || to - from < length) return fresh(messages, from, to);
  const end = Math.min(to, from + Math.max(BLOCK, length));
  const kept = end === from + length ? was.messages : messages.slice(from, end);
  return [{ messages: kept, was }, ...fresh(messages, end, to)];
}

function fresh(messages: readonly Message[], from: number, to: number): Cut[] {
  const cuts: Cut[] = [];
  for (let at = from; at < to; at += BLOCK) cuts.push({ messages: messages.slice(at, Math.min(to, at + BLOCK)) });
  return cuts;
}

/** Lays out the blocks that are not as they were. A note stands in the block of the message behind it, or in the last. */
function lay(cuts: readonly Cut[], notes: readonly Note[], selfId: string): readonly Block[] {
  if (cuts.length === 0) return notes.length === 0 ? [] : [layBlock([], notes, ABOVE_ALL, selfId)];
  let standing = ABOVE_ALL;
  let from = 0;
  return cuts.map((cut, i) => {
    let to = i === cuts.length - 1 ? notes.length : from;
    while ((notes[to]?.seq ?? Number.POSITIVE_INFINITY) < lastSeq(cut.messages)) to++;
    const block = layCut(cut, from === to ? NO_NOTES : notes.slice(from, to), standing, selfId);
    from = to;
    standing = block.after;
    return block;
  });
}

const NO_NOTES: readonly Note[] = [];

function layCut({ messages, was }: Cut, notes: readonly Note[], before: Standing, selfId: string): Block {
  if (!was || !isSameStanding(was.before, before)) return layBlock(messages, notes, before, selfId);
  const hasNotes = was.notes.every((note, i) => note === notes[i]);
  if (hasNotes && was.messages === messages && was.notes.length === notes.length) return was;
  const grown = notes[was.notes.length];
  const reaches = Math.max(lastSeq(was.messages), was.notes[was.notes.length - 1]?.seq ?? 0);
  const isBehind = (seq: number | undefined) => seq === undefined || seq > reaches;
  if (hasNotes && isBehind(grown?.seq) && isBehind(messages[was.messages.length]?.seq)) {
    return growBlock(was, messages, notes, selfId);
  }
  return layBlock(messages, notes, before, selfId);
}

function isSameStanding(a: Standing, b: Standing): boolean {
  return a.author === b.author && a.last === b.last && a.day === b.day;
}

/** One's own coming and going is not told, and what lies outside the window is not known whole. */
function shownNotes({ messages, hasOlder, hasNewer, notes, self }: TimelineInput): readonly Note[] {
  const after = hasOlder ? (messages[0]?.seq ?? 0) : 0;
  const before = hasNewer ? lastSeq(messages) : Number.POSITIVE_INFINITY;
  const shown = notes.filter((note) => note.user.id !== self.id && note.seq > after && note.seq < before);
  const isInOrder = shown.every((note, i) => i === 0 || (shown[i - 1]?.seq ?? 0) <= note.seq);
  return isInOrder ? shown : shown.sort((a, b) => a.seq - b.seq);
}

/** What waits stands behind the newest message, and nowhere in the past. The log may have it before its sender is told. */
function shownPending({ messages, hasNewer, pending, self }: TimelineInput): readonly Pending[] {
  if (hasNewer || pending.length === 0) return [];
  const newest = lastSeq(messages);
  const recent = messages.slice(-RECENT).filter((message) => message.from_user.id === self.id);
  const arrived = new Set(recent.map((message) => message.id));
  return pending.filter(({ id, seq }) => !arrived.has(id) && (seq === undefined || seq > newest));
}

/** Gives the rows their indexes: the newest message that was there before keeps its own. */
function numbered(before: Timeline, laid: Timeline, hasOlder: boolean): Pick<Timeline, "first" | "generation"> {
  const { first, generation } = before;
  if (before.count === 0) return { first: START, generation: laid.count === 0 ? generation : generation + 1 };
  const common = Math.min(newestSeq(before), newestSeq(laid));
  const [was, is] = [indexOfSeq(before, common), indexOfSeq(laid, common)];
  if (common > 0 && was !== undefined && is !== undefined && seqAt(before, was) === seqAt(laid, is)) {
    return { first: first + was - is, generation };
  }
  const isStill = newestSeq(before) === 0 && (newestSeq(laid) === 0 || !hasOlder); // but for notes and what waits
  return isStill ? { first, generation } : { first: START, generation: generation + 1 };
}

function newestSeq({ blocks }: Timeline): number {
  return lastSeq(blocks[blocks.length - 1]?.messages);
}

function seqAt(timeline: Timeline, index: number): number | undefined {
  const row = rowAt(timeline, index);
  return row?.kind === "message" ? row.message.seq : undefined;
}

function lastSeq(messages: readonly Message[] | undefined): number {
  return messages?.[messages.length - 1]?.seq ?? 0;
}

/** The index of the first message at the sequence or after it; `guess` is where it was. */
function indexFrom(messages: readonly Message[], seq: number, guess: number): number {
  if (messages[guess]?.seq === seq) return guess;
  return lowerBound(messages.length, (i) => (messages[i]?.seq ?? 0) >= seq);
}

/** The first of `length` numbers from zero for which it is true, by halving; `length` where it is never true. */
function lowerBound(length: number, isTrue: (i: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
