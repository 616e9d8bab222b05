import type { User } from "./frames";

/** One who can be mentioned. */
export type Mentionable = Pick<User, "id" | "name">;

/** "@" and a name in a text. The ends count UTF-16 units; people who share a name are all meant. */
export type Mention = { readonly start: number; readonly end: number; readonly userIds: readonly string[] };

/**
 * A letter with its marks, or Hangul jamo that make one syllable: no normal form joins
 * or parts what stands in two of these, so that each can be compared by itself.
 */
const SEGMENT = /.[\p{M}\u1160-\u11ff\ud7b0-\ud7fb]*/gsu;

const WORD = /^[\p{L}\p{N}\p{M}_\u200c\u200d]/u;

/** Joins two words to one where a letter follows, as in Anna-Lena, ada.lovelace. An apostrophe does not: "@Ada's". */
const JOINT = /^[-.\u2010\u2011]/u;

type Segment = { readonly start: number; readonly end: number; readonly raw: string; readonly key: string };

type Node = { readonly next: Map<string, Node>; readonly userIds: string[] };

/** Finds the mentions of some people in any number of texts: what it costs does not grow with the people. */
export class MentionIndex {
  readonly #root: Node = { next: new Map(), userIds: [] };

  constructor(users: Iterable<Mentionable>) {
    for (const { id, name } of users) this.#add(id, name.trim());
  }

  #add(id: string, name: string): void {
    let node = this.#root;
    for (const { key } of segmentsOf(name)) {
      const next = node.next.get(key) ?? { next: new Map(), userIds: [] };
      node.next.set(key, next);
      node = next;
    }
    if (node !== this.#root && !node.userIds.includes(id)) node.userIds.push(id);
  }

  /** The mentions in the text in their order; of two names that fit in one place, the longer. */
  find(text: string): readonly Mention[] {
    if (!text.includes("@") || this.#root.next.size === 0) return [];
    const segments = segmentsOf(text);
    const found: Mention[] = [];
    let inAddress = false;
    for (let i = 0; i < segments.length; i++) {
      const raw = segments[i]?.raw ?? "";
      if (/\s/u.test(raw)) inAddress = false;
      else if (raw === ":" && segments[i + 1]?.raw === "/" && segments[i + 2]?.raw === "/") inAddress = true;
      if (raw !== "@" || inAddress || WORD.test(segments[i - 1]?.raw ?? "")) continue;
      const mention = this.#at(segments, i);
      if (!mention) continue;
      found.push({ start: segments[i]?.start ?? 0, end: segments[mention.last]?.end ?? 0, userIds: mention.userIds });
      i = mention.last;
    }
    return found;
  }

  /** The longest name that begins behind the "@" at this place and ends where a word ends. */
  #at(segments: readonly Segment[], at: number): { last: number; userIds: readonly string[] } | undefined {
    let longest: { last: number; userIds: readonly string[] } | undefined;
    let node: Node | undefined = this.#root;
    for (let i = at + 1; i < segments.length; i++) {
      node = node.next.get(segments[i]?.key ?? "");
      if (!node) break;
      if (node.userIds.length > 0 && endsWord(segments, i)) longest = { last: i, userIds: node.userIds };
    }
    return longest;
  }
}

/** The mentions of these people in the text. For more than one text make a MentionIndex once. */
export function findMentions(text: string, users: readonly Mentionable[]): readonly Mention[] {
  return new MentionIndex(users).find(text);
}

/** Whether the text mentions this user, and not another of `among` whose longer name begins the same. */
export function mentions(text: string, user: Mentionable, among = new MentionIndex([user])): boolean {
  return among.find(text).some(({ userIds }) => userIds.includes(user.id));
}

function endsWord(segments: readonly Segment[], last: number): boolean {
  const next = segments[last + 1]?.raw ?? "";
  if (next === "@" || WORD.test(next)) return false; // ada@example.com is somebody elsewhere
  return !(JOINT.test(next) && WORD.test(segments[last + 2]?.raw ?? ""));
}

function segmentsOf(text: string): readonly Segment[] {
  return Array.from(text.matchAll(SEGMENT), ({ 0: raw, index }) => ({
    start: index,
    end: index + raw.length,
    raw,
    key: keyOf(raw),
  }));
}

/** Upper case between makes one of the letters that have several small forms, such as the sigmas. */
function keyOf(raw: string): string {
  if (raw === "\n") return raw;
  if (/^\s$/u.test(raw)) return " ";
  return raw.normalize("NFC").toLowerCase().toUpperCase().toLowerCase().normalize("NFC");
}
