import type * as wire from "./frames.gen";
import { type Position, parsePosition } from "./position";

export type User = Readonly<wire.User>;

/** The version of its form in the log is the server's affair, here and below. */
export type MessageFrame = Readonly<Omit<wire.MessageEvent, "v">>;
export type JoinFrame = Readonly<Omit<wire.JoinEvent, "v">>;
export type LeaveFrame = Readonly<Omit<wire.LeaveEvent, "v">>;

/** Many joins and leaves of a big channel in one; it stands for all sequences from `prev` to `seq`. */
export type PresenceFrame = Readonly<wire.PresenceSummary>;

/** The frames that stand in the log and are folded in its order. */
export type LogFrame = MessageFrame | JoinFrame | LeaveFrame | PresenceFrame;

export type HelloFrame = Readonly<Omit<wire.Hello, "position">> & { readonly position: Position };
export type ResetFrame = Readonly<Omit<wire.Reset, "position">> & { readonly position: Position };
export type AckFrame = Readonly<wire.Ack>;

/** Its code may be one that this client does not know yet. */
export type ErrorFrame = Readonly<Omit<wire.CommandError, "code">> & { readonly code: string };
export type TypingFrame = Readonly<wire.TypingEvent>;

export type Frame = LogFrame | HelloFrame | ResetFrame | AckFrame | ErrorFrame | TypingFrame;

export type SendCommand = Readonly<wire.SendCommand>;
export type Command = Readonly<wire.ClientCommand>;

/** How often a server that does not say so looks for us, in milliseconds. */
const DEFAULT_PING_MS = 25_000;

type Fields = Record<string, unknown>;

/**
 * Reads one frame of chitchat.v1. Unknown types, unknown fields and whatever
 * is not such a frame are for later servers: it is undefined and never throws.
 */
export function parseFrame(data: unknown): Frame | undefined {
  const fields = parseObject(data);
  if (!fields) return undefined;
  switch (fields.type) {
    case "message":
    case "join":
    case "leave":
      return readEvent(fields.type, fields);
    case "presence":
      return readPresence(fields);
    case "hello":
      return readHello(fields);
    case "reset": {
      const position = parsePosition(fields.position);
      return position && { type: "reset", position };
    }
    case "ack":
      return { type: "ack", ...optional("id", text(fields.id)), ...optional("seq", sequence(fields.seq)) };
    case "error":
      return readError(fields);
    case "typing": {
      const user = readUser(fields.from_user);
      return user && { type: "typing", from_user: user };
    }
    default:
      return undefined;
  }
}

/** Whether the frame has a place in the log. */
export function isLogFrame(frame: Frame): frame is LogFrame {
  return "prev" in frame;
}

function readEvent(type: "message" | "join" | "leave", fields: Fields): LogFrame | undefined {
  const seq = sequence(fields.seq);
  const prev = sequence(fields.prev);
  const user = readUser(fields.from_user);
  const sentAt = text(fields.sent_at);
  if (!seq || prev === undefined || prev >= seq || !user || sentAt === undefined) return undefined;
  const event = { seq, prev, from_user: user, sent_at: sentAt };
  if (type === "message") {
    const body = text(fields.text);
    return body === undefined ? undefined : { type, ...event, id: text(fields.id) ?? "", text: body };
  }
  const session = text(fields.session);
  if (!session) return undefined;
  const stay = { ...event, session, ...optional("term", text(fields.term)) };
  return type === "join" ? { type, ...stay } : { type, ...stay, reason: fields.reason === "lost" ? "lost" : "closed" };
}

/** Its seq may be its prev: a message may have overtaken what it sums up. */
function readPresence(fields: Fields): PresenceFrame | undefined {
  const seq = sequence(fields.seq);
  const prev = sequence(fields.prev);
  const users = sequence(fields.users);
  if (!seq || prev === undefined || prev > seq || users === undefined) return undefined;
  return { type: "presence", seq, prev, joined: readUsers(fields.joined), left: readUsers(fields.left), users };
}

function readHello(fields: Fields): HelloFrame | undefined {
  const session = text(fields.session);
  const position = parsePosition(fields.position);
  if (!session || !position) return undefined;
  return { type: "hello", session, position, ping_ms: sequence(fields.ping_ms) || DEFAULT_PING_MS };
}

function readError(fields: Fields): ErrorFrame {
  return {
    type: "error",
    ...optional("id", text(fields.id)),
    code: text(fields.code) ?? "internal",
    message: text(fields.message) ?? "",
    ...optional("retry_after_ms", sequence(fields.retry_after_ms)),
  };
}

function readUsers(value: unknown): User[] {
  return Array.isArray(value) ? value.map(readUser).filter((user) => user !== undefined) : [];
}

function readUser(value: unknown): User | undefined {
  if (!isObject(value)) return undefined;
  const id = text(value.id);
  if (!id) return undefined;
  return { id, name: text(value.name) ?? "", ...optional("avatar", text(value.avatar)) };
}

function parseObject(data: unknown): Fields | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function sequence(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}
