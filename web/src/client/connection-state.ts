import { backoff } from "./backoff";
import { type AfterClose, FLOOD_PAUSE_MS } from "./close-codes";

export type ConnectionState =
  | { readonly kind: "connecting"; readonly attempt: number }
  /** The server has said hello, at this time. */
  | { readonly kind: "open"; readonly attempt: number; readonly since: number }
  | { readonly kind: "waiting"; readonly attempt: number; readonly until: number }
  /** What we sent was at fault; a person decides whether to connect again. */
  | { readonly kind: "halted" }
  /** The token is no longer good. */
  | { readonly kind: "ended"; readonly attempt: number };

export type ConnectionEvent =
  | { readonly kind: "opened"; readonly now: number }
  | { readonly kind: "closed"; readonly after: AfterClose; readonly now: number }
  /** The time to wait is over, or a person does not want to wait. */
  | { readonly kind: "connect" }
  /** There is another token. */
  | { readonly kind: "renewed"; readonly now: number };

export const FIRST_CONNECTION: ConnectionState = { kind: "connecting", attempt: 0 };

/** A connection that lasted this long, in milliseconds, was a good one: the next wait is a short one again. */
const STABLE_MS = FLOOD_PAUSE_MS * 2;

export function isConnected(state: ConnectionState): boolean {
  return state.kind === "connecting" || state.kind === "open";
}

export function nextConnectionState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.kind) {
    case "opened":
      return state.kind === "connecting" ? { kind: "open", attempt: state.attempt, since: event.now } : state;
    case "closed":
      return closed(state, event.after, event.now);
    case "connect":
      if (state.kind === "waiting") return { kind: "connecting", attempt: state.attempt };
      return state.kind === "halted" ? FIRST_CONNECTION : state;
    case "renewed":
      return state.kind === "ended" ? resumed(state.attempt, event.now) : state;
  }
}

function closed(state: ConnectionState, after: AfterClose, now: number): ConnectionState {
  if (state.kind !== "connecting" && state.kind !== "open") return state;
  if (after.kind === "halt") return { kind: "halted" };
  const attempt = wasGood(state, now) ? 0 : state.attempt;
  if (after.kind === "renew") return { kind: "ended", attempt };
  return { kind: "waiting", attempt: attempt + 1, until: now + Math.max(after.atLeastMs, backoff(attempt)) };
}

/** A token that ends while all is well is followed by the next at once; where one ends after the other, it is waited. */
function resumed(attempt: number, now: number): ConnectionState {
  if (attempt === 0) return { kind: "connecting", attempt: 1 };
  return { kind: "waiting", attempt: attempt + 1, until: now + backoff(attempt) };
}

/** Whether the connection lasted long enough to show that the server takes us. */
export function wasGood(state: ConnectionState, now: number): boolean {
  return state.kind === "open" && now - state.since >= STABLE_MS;
}
