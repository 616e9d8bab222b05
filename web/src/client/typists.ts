import type { User } from "./frames";

/** Who is typing, with the time in milliseconds since 1970 until which that is to be believed. */
export type Typists = ReadonlyMap<string, { readonly user: User; readonly until: number }>;

export const NOBODY_TYPES: Typists = new Map();

/** A person who was last said to type this long ago, in milliseconds, has stopped. */
export const TYPING_MS = 6_000;

/** One's own typing is told this often, in milliseconds: often enough that nobody seems to stop between. */
export const TELL_TYPING_MS = 3_000;

/** More who type are not kept: nobody reads that many names. */
const MAX_TYPISTS = 20;

export function typed(typists: Typists, user: User, now: number): Typists {
  if (!typists.has(user.id) && typists.size >= MAX_TYPISTS) return typists;
  return new Map(typists).set(user.id, { user, until: now + TYPING_MS });
}

/** Takes those out who stopped, and those who have said it. */
export function settled(typists: Typists, now: number, spoke: ReadonlySet<string>): Typists {
  const left = [...typists].filter(([id, { until }]) => until > now && !spoke.has(id));
  return left.length === typists.size ? typists : new Map(left);
}

/** When the next one stops, in milliseconds since 1970; undefined when nobody types. */
export function nextStop(typists: Typists): number | undefined {
  if (typists.size === 0) return undefined;
  return Math.min(...[...typists.values()].map(({ until }) => until));
}
