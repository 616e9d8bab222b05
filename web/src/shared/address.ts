import { faultyFields } from "@/client/credential-rules";

/** A place that the page's address can name: a channel, and maybe one of its messages. */
export type Address = { readonly channel: string; readonly seq: number | undefined };

const CHANNEL_PATH = /^\/c\/([^/]+)\/?$/;
const MESSAGE_HASH = /^#m([1-9][0-9]{0,15})$/;

/** The path of a channel, or of one message in it: `/c/lobby#m812`. */
export function channelPath(channel: string, seq?: number): string {
  return `/c/${encodeURIComponent(channel)}${seq === undefined ? "" : `#m${seq}`}`;
}

/** Reads an address; undefined when it names no channel. A channel's name is compared after NFC and lower case. */
export function parseAddress({ pathname, hash }: Pick<Location, "pathname" | "hash">): Address | undefined {
  const name = decode(CHANNEL_PATH.exec(pathname)?.[1] ?? "");
  if (!name) return undefined;
  const seq = MESSAGE_HASH.exec(hash)?.[1];
  return { channel: channelName(name), seq: seq === undefined ? undefined : Number(seq) };
}

/** The name as the server compares it. */
export function channelName(name: string): string {
  return name.normalize("NFC").toLowerCase().normalize("NFC");
}

/** Whether a channel can have this name, however it is written. */
export function isChannelName(name: string): boolean {
  return faultyFields({ name: "-", email: "", channel: name }).length === 0;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a lone %: nobody's channel
  }
}
