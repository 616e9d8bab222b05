import { type AfterClose, afterClose } from "./close-codes";
import {
  type ConnectionEvent,
  type ConnectionState,
  FIRST_CONNECTION,
  isConnected,
  nextConnectionState,
} from "./connection-state";
import { type Command, type Frame, parseFrame } from "./frames";
import { Liveness } from "./liveness";
import { onNetworkChange } from "./network";
import { CLOSE_LEAVE, CLOSE_SILENT, SUBPROTOCOL } from "./session";

/** What of a WebSocket is used; a test gives one of its own. */
export type Socket = Pick<WebSocket, "close" | "send" | "readyState" | "onopen" | "onmessage" | "onclose">;

export type OpenSocket = (url: string, protocol: string) => Socket;

export type ConnectionOptions = {
  readonly openSocket: OpenSocket;
  /** The address for the next socket: it names where to go on. It rejects when there is no token to be had now. */
  readonly url: () => Promise<string>;
  /** A command that changes nothing and is answered, to see whether the line is alive. */
  readonly probe: () => Command | undefined;
  /** Frames in the order in which they came, a handful at a time. */
  readonly onFrames: (frames: readonly Frame[]) => void;
  readonly onClosed: (after: AfterClose) => void;
  /** A socket was refused before it was one: the token may be the reason. */
  readonly onRefused: () => void;
  readonly onState: (state: ConnectionState) => void;
};

/** Frames that come within this time, in milliseconds, are handed over together: one picture for all. */
const GATHER_MS = 16;

/** Where one handful follows the other, they are gathered longer: nobody reads that fast, and the keys of who writes come first. */
const GATHER_BUSY_MS = 64;

/** So soon after the last handful, in milliseconds, it is busy. */
const BUSY_MS = 100;

/** A server that has not said hello after this long, in milliseconds, is given up. */
const HELLO_TIMEOUT_MS = 15_000;

const LOST: AfterClose = { kind: "reconnect", atLeastMs: 0 };
const OPEN = 1; // WebSocket.OPEN, which a test has none of

/** Keeps a socket of chitchat.v1 open from start to stop, and says what came over it. */
export class Connection {
  private current: ConnectionState = FIRST_CONNECTION;
  private socket: Socket | undefined;
  private attempts = 0; // numbers the sockets, those included that did not come to be
  private opened = false; // the upgrade was granted
  private greeted = false; // and the server has said where it goes on
  private frames: Frame[] = [];
  private handedAt = 0; // when the last frames were handed over
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly liveness: Liveness;
  private unwatch: (() => void) | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.liveness = new Liveness({ probe: () => this.probe(), onDead: () => this.cut() });
  }

  state(): ConnectionState {
    return this.current;
  }

  start(): void {
    if (this.unwatch) return;
    this.unwatch = onNetworkChange({ online: () => this.connectNow(), offline: () => this.cut() });
    if (this.current.kind === "connecting") this.open();
  }

  /** Ends it for good: the others see at once that one left, unless the page only goes away. */
  stop(): void {
    this.unwatch?.();
    this.unwatch = undefined;
    this.attempts++;
    this.drop(CLOSE_LEAVE);
    clearTimeout(this.timer);
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.frames = [];
    this.opened = false;
    this.greeted = false;
    this.current = FIRST_CONNECTION;
    this.options.onState(this.current);
  }

  /** Gives the command to the socket; false when there is none that is ready. */
  transmit(command: Command): boolean {
    if (!this.greeted || this.socket?.readyState !== OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  connectNow(): void {
    this.take({ kind: "connect" });
  }

  /** There is a fresh token, after the old one's end had ended the connection. */
  renewed(): void {
    this.take({ kind: "renewed", now: Date.now() });
  }

  /** Cuts a line that does not answer, and makes it anew. */
  cut(): void {
    if (!isConnected(this.current)) return;
    this.drop(CLOSE_SILENT);
    this.lost(LOST);
  }

  private open(): void {
    const attempt = ++this.attempts;
    const isCurrent = (): boolean => attempt === this.attempts && this.current.kind === "connecting";
    this.timer = setTimeout(() => this.cut(), HELLO_TIMEOUT_MS);
    this.options.url().then(
      (url) => isCurrent() && this.connect(url),
      () => isCurrent() && this.lost(LOST),
    );
  }

  private connect(url: string): void {
    const socket = this.tryToOpen(url);
    if (!socket) {
      this.lost(LOST);
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      if (socket === this.socket) this.opened = true;
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.hear(data);
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return; // old news
      this.socket = undefined;
      if (!this.opened) this.options.onRefused();
      this.lost(afterClose(code));
    };
  }

  /** A browser throws where it will not even try, as for an address that its policy forbids. */
  private tryToOpen(url: string): Socket | undefined {
    try {
      return this.options.openSocket(url, SUBPROTOCOL);
    } catch {
      return undefined;
    }
  }

  private hear(data: unknown): void {
    this.liveness.heard();
    const frame = parseFrame(data);
    if (!frame) return;
    this.frames.push(frame);
    const isBusy = Date.now() - this.handedAt < BUSY_MS;
    this.gathering ??= setTimeout(() => this.flush(), isBusy ? GATHER_BUSY_MS : GATHER_MS);
    if (frame.type !== "hello" && frame.type !== "reset") return;
    this.greeted = true;
    this.take({ kind: "opened", now: Date.now() });
  }

  private flush(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    if (this.frames.length === 0) return;
    const { frames } = this;
    this.frames = [];
    this.handedAt = Date.now();
    this.options.onFrames(frames);
  }

  /** There is no socket any more, and no news of the old one will be listened to. */
  private drop(code: number): void {
    const { socket } = this;
    this.socket = undefined;
    this.liveness.stop();
    socket?.close(code);
  }

  private lost(after: AfterClose): void {
    this.opened = false;
    this.greeted = false;
    this.liveness.stop();
    this.flush();
    this.options.onClosed(after);
    this.take({ kind: "closed", after, now: Date.now() });
  }

  private probe(): boolean {
    const command = this.options.probe();
    return command !== undefined && this.transmit(command);
  }

  private take(event: ConnectionEvent): void {
    const before = this.current;
    const state = nextConnectionState(before, event);
    if (state === before) return;
    this.current = state;
    clearTimeout(this.timer);
    if (this.unwatch) this.enter(state);
    this.options.onState(this.current); // which may be a later one by now
  }

  private enter(state: ConnectionState): void {
    if (state.kind === "connecting") this.open();
    else if (state.kind === "open") this.liveness.start();
    else if (state.kind === "waiting") {
      this.timer = setTimeout(() => this.connectNow(), Math.max(0, state.until - Date.now()));
    }
  }
}
