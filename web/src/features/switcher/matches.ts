import { channelName, isChannelName } from "@/shared/address";

/** One line of the switcher: a channel that is open, or one that would be. */
export type Match = { readonly name: string; readonly isOpen: boolean };

/** The open channels that fit what was typed, those that begin with it first, and the channel of that very name. */
export function matchesOf(typed: string, open: readonly string[]): readonly Match[] {
  const wanted = channelName(typed.trim().replace(/^#/, ""));
  const begins = open.filter((name) => name.startsWith(wanted));
  const holds = open.filter((name) => !name.startsWith(wanted) && name.includes(wanted));
  const matches = [...begins, ...holds].map((name) => ({ name, isOpen: true }));
  const isNew = wanted !== "" && !open.includes(wanted) && isChannelName(wanted);
  return isNew ? [...matches, { name: wanted, isOpen: false }] : matches;
}
