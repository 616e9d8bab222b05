// Made from httpapi/gateway/frames.schema.json by npm run generate. Do not edit.

/**
 * The frames of the websocket GET /channel, each one JSON object. ServerFrame is what the server sends, ClientCommand what a client of chitchat.v1 sends; in the plain dialect a client sends the text of a message and nothing else. Readers ignore fields, types and codes that they do not know: later servers send more.
 */
export type Frame = ServerFrame | ClientCommand;
/**
 * A frame from the server.
 */
export type ServerFrame =
  Hello | Reset | MessageEvent | JoinEvent | LeaveEvent | PresenceSummary | TypingEvent | Ack | CommandError;
/**
 * One socket, across its reconnects. Printable ASCII without spaces.
 */
export type SessionId = string;
/**
 * A place in the log, <epoch>:<seq>. The epoch changes when the log is another log.
 */
export type Position = string;
/**
 * An event's place in the log. Sequences of one channel rise, with gaps.
 */
export type Seq = number;
/**
 * The sequence of the event before this one in the channel; in the plain dialect and in a channel of over 200 sessions that of the frame before. 0 when there is none.
 */
export type Prev = number;
/**
 * The version of the event's form in the log. Clients need not look at it.
 */
export type Version = number;
/**
 * The client's own id of a command, printable ASCII without spaces; the answer has it, too. That of a send names the message: the same id of the same user has one effect, for ever.
 */
export type CommandId = string;
/**
 * When it happened by the server's clock: RFC 3339 in UTC, with up to nanoseconds.
 */
export type SentAt = string;
/**
 * What is said: 1 to 4000 characters, not only white space, without U+0000.
 */
export type Text = string;
/**
 * The run of the gateway that held the session. A join with another one says that the session went on there; a leave of another term than the session's last join's ends nothing.
 */
export type Term = string;
/**
 * The kind of refusal. A code never changes its meaning; new ones may come.
 */
export type ErrorCode =
  | "invalid_name"
  | "invalid_email"
  | "invalid_channel"
  | "invalid_text"
  | "invalid_id"
  | "invalid_session"
  | "invalid_position"
  | "invalid_event"
  | "invalid_request"
  | "invalid_command"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "unsupported_media_type"
  | "too_large"
  | "rate_limited"
  | "unavailable"
  | "unknown"
  | "internal";
/**
 * A frame from a client of chitchat.v1.
 */
export type ClientCommand = SendCommand | TypingCommand | AuthCommand;

/**
 * The first frame of chitchat.v1.
 */
export interface Hello {
  type: "hello";
  session: SessionId;
  position: Position;
  /**
   * How often the server pings, in milliseconds.
   */
  ping_ms: number;
}
/**
 * The position asked for cannot be continued. Read the history again.
 */
export interface Reset {
  type: "reset";
  position: Position;
}
/**
 * Something was said.
 */
export interface MessageEvent {
  type: "message";
  seq: Seq;
  prev: Prev;
  v?: Version;
  id: CommandId;
  from_user: User;
  sent_at: SentAt;
  text: Text;
}
export interface User {
  /**
   * The lower-case hexadecimal MD5 of name followed by email, or what an outside service calls the user.
   */
  id: string;
  name: string;
  /**
   * The address of a picture. Absent without an email.
   */
  avatar?: string;
}
/**
 * A session, and in the plain dialect a user, entered the channel.
 */
export interface JoinEvent {
  type: "join";
  seq: Seq;
  prev: Prev;
  v?: Version;
  from_user: User;
  sent_at: SentAt;
  session: SessionId;
  term?: Term;
}
/**
 * A session, and in the plain dialect a user, left the channel.
 */
export interface LeaveEvent {
  type: "leave";
  seq: Seq;
  prev: Prev;
  v?: Version;
  from_user: User;
  sent_at: SentAt;
  session: SessionId;
  term?: Term;
  /**
   * lost when a server died with its sockets.
   */
  reason: "closed" | "lost";
}
/**
 * What joined and left since the last summary, at most once a second, in a channel of over 200 sessions. It stands for all events from prev to seq, which may be equal when a message overtook what it sums up. It names at most 100 users on each side and counts all.
 */
export interface PresenceSummary {
  type: "presence";
  seq: Seq;
  prev: Prev;
  /**
   * @maxItems 100
   */
  joined: User[];
  /**
   * @maxItems 100
   */
  left: User[];
  /**
   * How many users are in the channel.
   */
  users: number;
}
/**
 * Someone else is typing. It is never stored.
 */
export interface TypingEvent {
  type: "typing";
  from_user: User;
}
/**
 * A send is durably in the log at seq, or an auth was taken, which has no seq.
 */
export interface Ack {
  type: "ack";
  id?: CommandId;
  seq?: Seq;
}
/**
 * A command was refused. With the code unknown nobody knows whether it was stored, and the client sends the same command again with "retry":true.
 */
export interface CommandError {
  type: "error";
  /**
   * The command's id, cut at 64 bytes. Absent when it had none or could not be read, and in the plain dialect.
   */
  id?: string;
  code: ErrorCode;
  /**
   * What to do, for a person.
   */
  message: string;
  /**
   * With the code rate_limited: how long to wait, in milliseconds.
   */
  retry_after_ms?: number;
}
/**
 * Says something. It is answered with an Ack or a CommandError of the same id.
 */
export interface SendCommand {
  type: "send";
  id: CommandId;
  text: Text;
  /**
   * This id was sent before and its outcome is not known.
   */
  retry?: boolean;
}
/**
 * Tells the others that one is typing. It is not answered.
 */
export interface TypingCommand {
  type: "typing";
}
/**
 * Brings a fresh token of the same user and channel, so that the connection lives on past the old one's end. It is answered with an Ack or a CommandError.
 */
export interface AuthCommand {
  type: "auth";
  id?: CommandId;
  token: string;
}
