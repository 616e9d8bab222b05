import { backoff } from "./backoff";
import type { ErrorFrame, SendCommand } from "./frames";

/** A message that its sender sees and the log may not have yet. */
export type Pending = {
  /** Made by us, and the same for each try: the server takes it once. */
  readonly id: string;
  readonly text: string;
  /** When the person sent it, in milliseconds since 1970. */
  readonly at: number;
  readonly status: "sending" | "sent" | "failed";
  /** It was given to a socket, and nobody told what became of it. Each further try must say `retry`. */
  readonly uncertain: boolean;
  readonly tries: number;
  /** Not to be sent before this time, in milliseconds since 1970. */
  readonly notBefore: number;
  /** Where it stands in the log; known when sent. */
  readonly seq?: number;
  /** What the server said of a failed one. */
  readonly reason?: string;
};

/** What waits to be sent, in the order in which it was written. */
export type Outbox = {
  readonly items: readonly Pending[];
  /** The one that a socket was given and has not answered; one at a time keeps their order. */
  readonly inFlight: { readonly id: string; readonly since: number } | undefined;
  /** The server asked for quiet until then, in milliseconds since 1970. */
  readonly quietUntil: number;
};

export const EMPTY_OUTBOX: Outbox = { items: [], inFlight: undefined, quietUntil: 0 };

/** More waiting messages than this are not taken: what waits that long is better written again. */
export const MAX_PENDING = 100;

/** Nor more than this, in UTF-16 units of their texts: all that waits is kept over a reload, and a store is small. */
export const MAX_PENDING_UNITS = 128 * 1024;

/** A line that has not answered for this long, in milliseconds, is taken for dead. */
export const ANSWER_TIMEOUT_MS = 10_000;

/** The server's codes that say "not now" and nothing about the message. */
const PASSING = new Set(["rate_limited", "unavailable", "unknown", "internal"]);

/** The server's codes after which the message may stand in the log all the same. */
const OUTCOME_OPEN = new Set(["unknown", "internal"]);

/** The server's codes that answer a token, and no message. */
const ABOUT_TOKEN = new Set(["unauthorized", "forbidden"]);

const DEFAULT_QUIET_MS = 1_000;

/** Whether no text, or not this one, is taken any more. */
export function isFull({ items }: Outbox, text = ""): boolean {
  const units = items.reduce((sum, item) => sum + item.text.length, text.length);
  return items.length >= MAX_PENDING || units > MAX_PENDING_UNITS;
}

/** Takes a new message in; a full outbox stays as it is. */
export function put(outbox: Outbox, id: string, text: string, now: number): Outbox {
  if (isFull(outbox, text)) return outbox;
  const item: Pending = { id, text, at: now, status: "sending", uncertain: false, tries: 0, notBefore: 0 };
  return { ...outbox, items: [...outbox.items, item] };
}

/** What to do next: send a command, look again at a time, give the line up, or nothing until something happens. */
export type Next =
  | { readonly kind: "send"; readonly command: SendCommand }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "stalled" }
  | { readonly kind: "idle" };

export function next(outbox: Outbox, now: number): Next {
  if (outbox.inFlight) {
    const until = outbox.inFlight.since + ANSWER_TIMEOUT_MS;
    return now >= until ? { kind: "stalled" } : { kind: "wait", until };
  }
  const waiting = outbox.items.filter((item) => item.status === "sending");
  if (waiting.length === 0) return { kind: "idle" };
  const due = now >= outbox.quietUntil ? waiting.find((item) => item.notBefore <= now) : undefined;
  if (due) return { kind: "send", command: command(due) };
  return { kind: "wait", until: Math.max(outbox.quietUntil, Math.min(...waiting.map((item) => item.notBefore))) };
}

function command({ id, text, uncertain }: Pending): SendCommand {
  return uncertain ? { type: "send", id, text, retry: true } : { type: "send", id, text };
}

/** The message was given to a socket. */
export function handed(outbox: Outbox, id: string, now: number): Outbox {
  const counted = change(outbox, id, (item) => ({ ...item, tries: item.tries + 1 }));
  return { ...counted, inFlight: { id, since: now } };
}

/** The server has it. */
export function acked(outbox: Outbox, id: string, seq: number): Outbox {
  return change(landed(outbox, id), id, (item) => ({ ...item, status: "sent", seq }));
}

/**
 * The server said no: for now, or for good. An answer without an id is to the one in flight, which the
 * server could not read; since that is a guess, a further try of it says `retry`.
 */
export function refused(outbox: Outbox, frame: ErrorFrame, now: number, random?: () => number): Outbox {
  const { code, message } = frame;
  const guessed = !frame.id;
  const id = frame.id || (ABOUT_TOKEN.has(code) ? undefined : outbox.inFlight?.id);
  if (id === undefined) return outbox;
  const quiet = code === "rate_limited" ? now + (frame.retry_after_ms ?? DEFAULT_QUIET_MS) : outbox.quietUntil;
  return change({ ...landed(outbox, id), quietUntil: quiet }, id, (item) => {
    const uncertain = item.uncertain || guessed || OUTCOME_OPEN.has(code);
    if (!PASSING.has(code)) return { ...item, status: "failed", reason: message, uncertain };
    const notBefore = code === "rate_limited" ? quiet : now + backoff(item.tries, random);
    return { ...item, uncertain, notBefore };
  });
}

/** The socket is gone: what it had been given may have arrived or not. */
export function disconnected(outbox: Outbox): Outbox {
  if (!outbox.inFlight) return outbox;
  const { id } = outbox.inFlight;
  return change(landed(outbox, id), id, (item) => ({ ...item, uncertain: true }));
}

/** The socket was closed because of what it had been given. */
export function condemned(outbox: Outbox, reason: string): Outbox {
  if (!outbox.inFlight) return outbox;
  const { id } = outbox.inFlight;
  return change(landed(outbox, id), id, (item) => ({ ...item, status: "failed", reason }));
}

/** The log is another one: what the former had acked is not in it, and is sent again. */
export function transplanted(outbox: Outbox): Outbox {
  const items = outbox.items.map(
    ({ seq: _, ...item }): Pending =>
      item.status === "sent" ? { ...item, status: "sending", uncertain: true, notBefore: 0 } : item,
  );
  return { ...outbox, items };
}

/** A person asks for another try of a failed one. */
export function tryAgain(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, ({ reason: _, ...item }) => ({ ...item, status: "sending", notBefore: 0 }));
}

/** Takes a message out: a person gave it up, or it is to be seen in the log. */
export function remove(outbox: Outbox, isGone: (item: Pending) => boolean): Outbox {
  const items = outbox.items.filter((item) => !isGone(item));
  if (items.length === outbox.items.length) return outbox;
  const { inFlight } = outbox;
  return { ...outbox, items, inFlight: items.some((item) => item.id === inFlight?.id) ? inFlight : undefined };
}

function landed(outbox: Outbox, id: string): Outbox {
  return outbox.inFlight?.id === id ? { ...outbox, inFlight: undefined } : outbox;
}

function change(outbox: Outbox, id: string, to: (item: Pending) => Pending): Outbox {
  return { ...outbox, items: outbox.items.map((item) => (item.id === id ? to(item) : item)) };
}
