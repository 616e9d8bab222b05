import type { Claims } from "../api";
import type { OpenSocket, Socket } from "../connection";
import type { Command, SendCommand, User } from "../frames";
import { parsePosition } from "../position";
import type { Random } from "./random";
import { CHANNEL, ScriptedLog } from "./scripted-log";

/** How likely each fault is, from 0 to 1. */
export type Faults = {
  /** A frame does not come, comes twice, or comes late, so that others overtake it. */
  readonly drop: number;
  readonly double: number;
  readonly delay: number;
  /** The line is cut at a frame. */
  readonly cut: number;
  /** A socket, or a call, is refused. */
  readonly refuse: number;
  /** A resume is answered with a reset. */
  readonly reset: number;
  /** A command is lost, or carried out without an answer, or answered with "unknown" or "rate_limited". */
  readonly command: number;
  /** A token is no longer good. */
  readonly token: number;
};

export const CALM: Faults = { drop: 0, double: 0, delay: 0, cut: 0, refuse: 0, reset: 0, command: 0, token: 0 };

const CLOSE_CODES = [1001, 1006, 1012, 4008, 4029] as const;

const OPEN = 1;
const CLOSED = 3;

/** A server that speaks the contract over a line that does not keep it. All that happens follows from the seed. */
export class ScriptedServer {
  log = new ScriptedLog("e1");
  private readonly sockets = new Set<Line>();
  private tokens = 0;
  private oldestGood = 0; // tokens that are numbered lower have ended
  private sessions = 0;

  constructor(
    readonly random: Random,
    public faults: Faults,
    private readonly user: User,
  ) {}

  /** Goes on with another log, as after a wiped disk. */
  startAnew(epoch: string): void {
    this.log = new ScriptedLog(epoch);
    for (const line of this.sockets) line.end(1012);
  }

  endTokens(): void {
    this.oldestGood = this.tokens;
    for (const line of this.sockets) line.end(4001);
  }

  /** Sends what the log has and the sockets have not been sent. */
  publish(): void {
    for (const line of this.sockets) line.publish();
  }

  readonly fetch: typeof fetch = async (input, init) => {
    await after(this.random.below(300));
    if (this.random.chance(this.faults.refuse)) {
      if (this.random.chance(0.5)) throw new TypeError("network");
      return Response.json({ code: "unavailable", message: "Not now." }, { status: 503 });
    }
    const url = new URL(String(input));
    if (url.pathname === "/auth" && init?.method === "POST")
      return Response.json({ token: this.token() }, { status: 201 });
    const bearer = new Headers(init?.headers).get("Authorization")?.replace("Bearer ", "");
    if (!this.isGood(bearer)) return Response.json({ code: "unauthorized", message: "Unauthorized" }, { status: 401 });
    return Response.json(this.read(url), { status: 200 });
  };

  readonly openSocket: OpenSocket = (address) => {
    const url = new URL(address);
    const refuses = this.random.chance(this.faults.refuse) || !this.isGood(url.searchParams.get("token"));
    const line: Line = new Line(this, url, refuses, (session) => session ?? `s${++this.sessions}`);
    return line;
  };

  accept(line: Line, session: string): void {
    this.sockets.add(line);
    if (!this.log.users().some(({ sessions }) => sessions.includes(session))) this.log.join(this.user, session, "t1");
  }

  lost(line: Line): void {
    this.sockets.delete(line);
  }

  /** Carries the command out, or not, and returns the answer, if there is one. */
  carryOut({ id, text, retry }: SendCommand): object | "cut" | undefined {
    if (!this.random.chance(this.faults.command))
      return { type: "ack", id, seq: this.log.post(this.user, id, text, retry) };
    const refusals = [{ code: "unknown" }, { code: "rate_limited", retry_after_ms: 300 }, { code: "unavailable" }];
    switch (this.random.below(4)) {
      case 0: // neither done nor answered
        return this.random.chance(0.5) ? "cut" : undefined;
      case 1: // done, and not answered
        this.log.post(this.user, id, text, retry);
        return this.random.chance(0.5) ? "cut" : undefined;
      case 2: // done, and the server does not know it
        this.log.post(this.user, id, text, retry);
        return { type: "error", id, code: "unknown", message: "" };
      default:
        return { type: "error", id, message: "", ...this.random.pick(refusals) };
    }
  }

  /** What is read may be behind the log, but never behind what was asked for. */
  private read(url: URL): object {
    const number = (name: string): number | undefined =>
      url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined;
    if (url.pathname === "/auth") return this.claims();
    const wanted = Math.min(number("min_seq") ?? 0, this.log.end());
    const at = Math.max(wanted, this.log.end() - this.random.below(4));
    const position = `${this.log.epoch}:${at}`;
    if (url.pathname === "/users") return { users: this.log.users(at), position };
    const limit = Math.min(number("limit") ?? 50, 10); // small pages, so that there are many
    const before = number("before") ?? Number.POSITIVE_INFINITY;
    const all = this.log.messages(at).filter(({ seq }) => seq < before);
    return { messages: all.slice(-limit), position, has_more: all.length > limit };
  }

  private token(): string {
    this.tokens++;
    return `t.${btoa(JSON.stringify({ ...this.claims(), number: this.tokens }))}.s`;
  }

  private claims(): Claims {
    return { user: this.user, channel: CHANNEL, exp: Date.now() / 1000 + 3600, iss: "chitchat" };
  }

  private isGood(token: string | null | undefined): boolean {
    if (!token || this.random.chance(this.faults.token)) return false;
    return (JSON.parse(atob(token.split(".")[1] ?? "")) as { number: number }).number > this.oldestGood;
  }
}

/** One socket, as its client has it. */
class Line implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readyState = 0;
  private sent = 0;

  constructor(
    private readonly server: ScriptedServer,
    url: URL,
    refuses: boolean,
    session: (wanted: string | null) => string,
  ) {
    void after(server.random.below(200)).then(() => {
      if (this.readyState !== 0) return;
      if (refuses) return this.end(1006);
      this.greet(url, session(url.searchParams.get("session")));
    });
  }

  send(data: string): void {
    const command = JSON.parse(data) as Command;
    void after(this.server.random.below(100)).then(() => {
      if (this.readyState !== OPEN) return;
      if (command.type === "auth") return this.deliver({ type: "ack" });
      if (command.type === "typing") return;
      const answer = this.server.carryOut(command);
      if (answer === "cut") this.end(1006);
      else if (answer) this.deliver(answer);
      this.server.publish();
    });
  }

  /** Its client closes. */
  close(): void {
    this.end(undefined);
  }

  /** Ends, and says the code to the client if the server or the network ends it. */
  end(code: number | undefined): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.server.lost(this);
    if (code !== undefined) this.onclose?.call(this as unknown as WebSocket, { code } as CloseEvent);
  }

  publish(): void {
    const { random, faults, log } = this.server;
    for (const entry of log.entries.filter(({ seq }) => seq > this.sent)) {
      this.sent = entry.seq;
      if (random.chance(faults.cut)) this.end(random.pick(CLOSE_CODES));
      if (this.readyState !== OPEN) return;
      if (random.chance(faults.drop)) continue;
      this.deliver(entry, random.chance(faults.delay) ? 1 + random.below(3000) : 0);
      if (random.chance(faults.double)) this.deliver(entry, random.below(2000));
    }
  }

  private greet(url: URL, session: string): void {
    const { log, random, faults } = this.server;
    this.readyState = OPEN;
    this.onopen?.call(this as unknown as WebSocket, {} as Event);
    const position = `${log.epoch}:${log.end()}`;
    this.deliver({ type: "hello", session, position, ping_ms: 25_000 });
    const from = parsePosition(url.searchParams.get("after"));
    const resumes = from?.epoch === log.epoch && from.seq <= log.end() && !random.chance(faults.reset);
    this.sent = resumes ? from.seq : log.end();
    if (from && !resumes) this.deliver({ type: "reset", position });
    this.server.accept(this, session);
    this.server.publish();
  }

  private deliver(frame: object, ms = 0): void {
    const data = JSON.stringify(frame);
    const hand = (): void => {
      if (this.readyState === OPEN) this.onmessage?.call(this as unknown as WebSocket, { data } as MessageEvent);
    };
    if (ms === 0) queueMicrotask(hand);
    else setTimeout(hand, ms);
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
