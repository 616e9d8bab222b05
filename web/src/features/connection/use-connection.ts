import { useCallback, useEffect, useLayoutEffect, useReducer, useRef } from "react";
import type { WebSocketLike } from "react-use-websocket/dist/lib/types";
import { useWebSocket } from "react-use-websocket/dist/lib/use-websocket";
import { type AfterClose, afterClose } from "@/client/close-codes";
import { type Command, type Frame, parseFrame } from "@/client/frames";
import { CLOSE_LEAVE, CLOSE_SILENT, SUBPROTOCOL } from "@/client/session";
import { type ConnectionState, FIRST_CONNECTION, isConnected, nextConnectionState } from "./connection-state";
import { useFrameBuffer } from "./use-frame-buffer";
import { useLatest } from "./use-latest";
import { useLiveness } from "./use-liveness";

export type ConnectionOptions = {
  /** Whether to be connected at all. */
  readonly enabled: boolean;
  /** The address for the next socket: it names where to go on. */
  readonly url: () => string;
  /** A command that changes nothing and is answered, to see whether the line is alive. */
  readonly probe: () => Command;
  /** Frames in the order in which they came, a handful at a time. */
  readonly onFrames: (frames: readonly Frame[]) => void;
  readonly onClosed: (after: AfterClose) => void;
  /** A socket was refused before it was one: the token may be the reason. */
  readonly onRefused: () => void;
};

export type Connection = {
  readonly state: ConnectionState;
  /** Gives the command to the socket; false when there is none. */
  readonly transmit: (command: Command) => boolean;
  readonly connectNow: () => void;
  /** There is a fresh token. */
  readonly renewed: () => void;
  /** Cuts a line that does not answer, and makes it anew. */
  readonly cut: () => void;
};

const LOST: AfterClose = { kind: "reconnect", atLeastMs: 0 };

/** Keeps a socket of chitchat.v1 open. The library owns the socket; when to have one is decided here. */
export function useConnection(options: ConnectionOptions): Connection {
  const latest = useLatest(options);
  const [state, dispatch] = useReducer(nextConnectionState, FIRST_CONNECTION);
  const opened = useRef(false); // the upgrade was granted
  const greeted = useRef(false); // and the server has said where it goes on
  const givenUp = useRef<WebSocketLike | null>(null); // its close is old news
  const deliver = useCallback((frames: readonly Frame[]) => latest.current.onFrames(frames), [latest]);
  const buffer = useFrameBuffer(deliver);

  const url = useCallback(() => latest.current.url(), [latest]);
  const { sendMessage, getWebSocket } = useWebSocket(options.enabled && isConnected(state) ? url : null, {
    protocols: SUBPROTOCOL,
    shouldReconnect: () => false,
    filter: () => false, // frames are folded, not kept: no render for each
    disableJson: true,
    onOpen: () => {
      opened.current = true;
    },
    onMessage: ({ data, target }) => {
      if (target !== getWebSocket() || target === givenUp.current) return;
      const frame = parseFrame(data);
      alive();
      if (!frame) return;
      buffer.push(frame);
      if (frame.type !== "hello" && frame.type !== "reset") return;
      greeted.current = true;
      dispatch({ kind: "opened", now: Date.now() });
    },
    onClose: ({ code, target }) => {
      if (target !== getWebSocket() || target === givenUp.current) return;
      if (!opened.current) latest.current.onRefused();
      lost(afterClose(code));
    },
  });

  const lost = useCallback(
    (after: AfterClose) => {
      opened.current = false;
      greeted.current = false;
      buffer.flush();
      latest.current.onClosed(after);
      dispatch({ kind: "closed", after, now: Date.now() });
    },
    [buffer, latest],
  );

  const transmit = useCallback(
    (command: Command) => {
      if (!greeted.current || getWebSocket()?.readyState !== WebSocket.OPEN) return false;
      sendMessage(JSON.stringify(command), false);
      return true;
    },
    [getWebSocket, sendMessage],
  );

  const close = useCallback(
    (code: number) => {
      const socket = getWebSocket();
      if (socket instanceof WebSocket) socket.close(code);
    },
    [getWebSocket],
  );

  // Before the library's own close, which has no code: the page does without this channel, and the others see it at once.
  useLayoutEffect(() => () => close(CLOSE_LEAVE), [close]);

  const cut = useCallback(() => {
    close(CLOSE_SILENT);
    givenUp.current = getWebSocket();
    lost(LOST);
  }, [close, getWebSocket, lost]);

  const probe = useCallback(() => transmit(latest.current.probe()), [latest, transmit]);
  const alive = useLiveness({ open: state.kind === "open", probe, onDead: cut });

  const connectNow = useCallback(() => dispatch({ kind: "connect" }), []);
  useEffect(() => {
    if (state.kind !== "waiting") return;
    const timer = setTimeout(connectNow, Math.max(0, state.until - Date.now()));
    return () => clearTimeout(timer);
  }, [state, connectNow]);

  useEffect(() => {
    window.addEventListener("online", connectNow);
    window.addEventListener("offline", cut);
    return () => {
      window.removeEventListener("online", connectNow);
      window.removeEventListener("offline", cut);
    };
  }, [connectNow, cut]);

  return {
    state,
    transmit,
    connectNow,
    renewed: useCallback(() => dispatch({ kind: "renewed" }), []),
    cut,
  };
}
