import { ApiError, CODE_NETWORK, CODE_UNREADABLE } from "@/client/api";
import { CODE_TOO_MANY, MAX_CHANNELS } from "@/client/chat";
import { texts } from "./texts";

const words = texts.refusals;

/** What the client itself refuses; the server says its own reasons. */
const OWN: Readonly<Record<string, string>> = {
  [CODE_NETWORK]: words.unreachable,
  [CODE_UNREADABLE]: words.unreadable,
  [CODE_TOO_MANY]: words.tooManyChannels(MAX_CHANNELS),
};

/** Why something was refused, for who reads it. */
export function reasonOf(error: unknown): string {
  return error instanceof ApiError ? (OWN[error.code] ?? error.message) : words.unreachable;
}
