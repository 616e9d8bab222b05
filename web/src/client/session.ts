import { formatPosition, type Position } from "./position";

/** The dialect of the socket in which each command is answered. */
export const SUBPROTOCOL = "chitchat.v1";

/** The close code of a person who leaves: the others see it at once. */
export const CLOSE_LEAVE = 1000;

/** The close code for a line that no longer answers; to the server it is a lost connection. */
export const CLOSE_SILENT = 4900;

export type ChannelAddress = {
  /** The page's origin, as in location.origin. */
  readonly origin: string;
  readonly token: string;
  /** The last event seen; the server goes on after it. */
  readonly after?: Position | undefined;
  /** The session that `hello` gave, to stay the same one over a reconnect. */
  readonly session?: string | undefined;
};

/** The address of the websocket. It holds the token: never show or log it. */
export function channelUrl({ origin, token, after, session }: ChannelAddress): string {
  const url = new URL("/channel", origin);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("token", token);
  if (after) url.searchParams.set("after", formatPosition(after));
  if (session) url.searchParams.set("session", session);
  return url.href;
}
