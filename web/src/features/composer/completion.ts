import type { User } from "@/client/frames";
import { mentions } from "@/client/mentions";
import type { NamedEmoji, Shortcodes } from "@/shared/emoji/shortcodes";
import { isInCode } from "./code-ranges";
import type { Edit } from "./edit-box";

/** The beginning of a shortcode or of a mention, up to the caret; `query` is what follows its sign. */
export type Trigger = { readonly kind: "emoji" | "mention"; readonly start: number; readonly query: string };

/** What an unfinished word can become. */
export type Option =
  | ({ readonly kind: "emoji"; readonly key: string; readonly insert: string } & NamedEmoji)
  | { readonly kind: "mention"; readonly key: string; readonly insert: string; readonly user: User };

/** An unfinished word and what it can become: never without an option. */
export type Completion = { readonly trigger: Trigger; readonly options: readonly Option[] };

/** Where options come from. Shortcodes are missing until they have been loaded. */
export type Sources = { readonly people: readonly User[]; readonly shortcodes: Shortcodes | undefined };

/** So many options are shown: more have to be narrowed by writing on. */
export const MOST_OPTIONS = 8;

/** A name has at most 100 code points, and so has what is looked at before the caret, in UTF-16 units. */
const LONGEST_QUERY = 200;

const SHORTCODE = /(?<![\p{L}\p{N}_:/]):([\w+-]{2,})$/u;
const MENTION = /(?<![\p{L}\p{N}_@/.])@((?:[^@\s][^@\n]*)?)$/u;

/** The word at the caret that may be completed, if there is one. Code is left alone. */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const before = text.slice(Math.max(0, caret - LONGEST_QUERY), caret);
  const shortcode = SHORTCODE.exec(before);
  const match = shortcode ?? MENTION.exec(before);
  if (!match || isInCode(text, caret)) return undefined;
  const query = match[1] ?? "";
  return { kind: shortcode ? "emoji" : "mention", start: caret - query.length - 1, query };
}

/** What the word at the caret can become. */
export function completionAt(text: string, caret: number, sources: Sources): Completion | undefined {
  const trigger = triggerAt(text, caret);
  if (!trigger) return undefined;
  const options = trigger.kind === "emoji" ? emojiOptions(trigger, sources) : mentionOptions(trigger, sources);
  return options.length > 0 ? { trigger, options } : undefined;
}

/** Puts an option in the place of the unfinished word. A space that follows already is not doubled. */
export function completionEdit(text: string, { start, query }: Trigger, { insert }: Option): Edit {
  const caret = start + 1 + query.length;
  return { start, end: insert.endsWith(" ") && text[caret] === " " ? caret + 1 : caret, insert };
}

function emojiOptions({ query }: Trigger, { shortcodes }: Sources): readonly Option[] {
  const found = shortcodes?.search(query, MOST_OPTIONS) ?? [];
  return found.map(({ emoji, code }) => ({ kind: "emoji", key: emoji, insert: emoji, emoji, code }));
}

/** Those whose name, or a later word of it, begins so; the former first. */
function mentionOptions({ query }: Trigger, { people }: Sources): readonly Option[] {
  const wanted = plain(query);
  const byName: User[] = [];
  const byWord: User[] = [];
  for (const user of people) {
    const name = plain(user.name);
    if (wanted.startsWith(`${name} `)) return []; // the mention is whole, and the sentence goes on
    if (name.startsWith(wanted)) byName.push(user);
    else if (wordStarts(name).some((start) => name.startsWith(wanted, start))) byWord.push(user);
  }
  const found = [...byName, ...byWord];
  if (found.length === 1 && found.every((user) => mentions(`@${query}`, user))) return []; // it is whole: Enter sends
  return found
    .slice(0, MOST_OPTIONS)
    .map((user) => ({ kind: "mention", key: user.id, insert: `@${user.name} `, user }));
}

function wordStarts(name: string): readonly number[] {
  return Array.from(name.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu), ({ index }) => index);
}

/** Without case and accents. */
function plain(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
