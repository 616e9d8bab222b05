/** What to do when a socket has ended. */
export type AfterClose =
  /** Connect again with jitter, but not before so many milliseconds, and resume. */
  | { readonly kind: "reconnect"; readonly atLeastMs: number }
  /** The token is no longer good: get another, or sign in again. */
  | { readonly kind: "renew" }
  /** What we sent was at fault; doing the same again would loop. A person decides. */
  | { readonly kind: "halt" };

/** How long to stay away after a flood, in milliseconds. */
export const FLOOD_PAUSE_MS = 5_000;

const BINARY_FRAME = 1003;
const NOT_UTF8 = 1007;
const POLICY = 1008;
const TOO_LONG = 1009;
const TOKEN_ENDED = 4001;
const FLOOD = 4029;

/** Says what the contract asks of a client after a close with this code; an unknown one is a lost connection. */
export function afterClose(code: number): AfterClose {
  switch (code) {
    case BINARY_FRAME:
    case NOT_UTF8:
    case TOO_LONG:
      return { kind: "halt" };
    case TOKEN_ENDED:
      return { kind: "renew" };
    case FLOOD:
    case POLICY:
      return { kind: "reconnect", atLeastMs: FLOOD_PAUSE_MS };
    default: // 1001, 1012: the server leaves or restarts; 4008: we were too slow; 1006: the line is cut
      return { kind: "reconnect", atLeastMs: 0 };
  }
}
