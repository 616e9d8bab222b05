import { ApiClient, type UsersPage } from "../api";
import { Chat } from "../chat";
import type { Socket } from "../connection";
import type { Message } from "../messages";
import { MemoryStore } from "../store";

/** One socket, as the server of a test has it. */
export type LedLine = Socket & {
  readonly url: string;
  /** What the client sent, as it is read. */
  readonly sent: { readonly type: string; readonly id?: string; readonly text?: string; readonly retry?: boolean }[];
  /** The code with which the client closed it. */
  closed: number | undefined;
  /** Says a frame to the client. */
  readonly say: (frame: object) => void;
  /** Ends it, as a server or a network does. */
  readonly end: (code: number) => void;
};

/** A server of many channels that does what a test tells it, and by itself only what it must. Tokens are numbered. */
export class LedServer {
  readonly store = new MemoryStore();
  readonly lines: LedLine[] = [];
  /** All calls, as "GET /messages?limit=50". */
  readonly asked: string[] = [];
  epoch = "e1";
  end = 7;
  messages: Message[] = [];
  users: UsersPage["users"] = [];
  /** Tokens up to this number are refused. */
  ended = 0;
  /** Whether a socket is accepted at all. */
  accepts = true;
  /** Whether an accepted socket is greeted. */
  greets = true;
  /** Whether a fresh token is answered. */
  answers = true;
  /** Called with each socket that was greeted. */
  onGreeted: (line: LedLine) => void = () => {};
  /** May hold a call up, or answer it. */
  answer: (url: URL) => Promise<Response | undefined> | Response | undefined = () => undefined;
  readonly api = new ApiClient("http://chat.test", (input, init) => this.call(new URL(String(input)), init));
  private tokens = 0;

  open(): Chat {
    const { store, api } = this;
    const pageStore = new MemoryStore();
    return new Chat({ origin: "http://chat.test", store, pageStore, api, openSocket: (url) => this.accept(url) });
  }

  /** The socket that was opened last. */
  last(): LedLine {
    const line = this.lines[this.lines.length - 1];
    if (!line) throw new Error("there is no socket yet");
    return line;
  }

  position(): string {
    return `${this.epoch}:${this.end}`;
  }

  private async call(url: URL, init?: RequestInit): Promise<Response> {
    this.asked.push(`${init?.method ?? "GET"} ${url.pathname}${url.search}`);
    const answer = await this.answer(url);
    if (answer) return answer;
    if (url.pathname === "/auth" && init?.method === "POST") return this.sign(String(init.body));
    const token = new Headers(init?.headers).get("Authorization")?.replace("Bearer ", "");
    if (!this.isGood(token)) return Response.json({ code: "unauthorized", message: "Unauthorized" }, { status: 401 });
    if (url.pathname === "/messages") return Response.json(this.page(url.searchParams));
    return Response.json(url.pathname === "/users" ? { users: this.users, position: this.position() } : {});
  }

  private sign(body: string): Response {
    const { name, channel } = JSON.parse(body) as { name: string; channel: string };
    const claims = {
      user: { id: name, name },
      channel,
      exp: Date.now() / 1000 + 3_600,
      iss: "chitchat",
      n: ++this.tokens,
    };
    return Response.json({ token: `h.${btoa(JSON.stringify(claims))}.s` }, { status: 201 });
  }

  private isGood(token: string | null | undefined): boolean {
    return !!token && (JSON.parse(atob(token.split(".")[1] ?? "")) as { n: number }).n > this.ended;
  }

  private page(query: URLSearchParams): object {
    const number = (name: string, other: number): number => Number(query.get(name) ?? other);
    const [before, after, limit] = [
      number("before", Number.POSITIVE_INFINITY),
      number("after", 0),
      number("limit", 50),
    ];
    const all = this.messages.filter(({ seq }) => seq < before && seq > after);
    const messages = query.has("after") ? all.slice(0, limit) : all.slice(-limit);
    return { messages, has_more: all.length > limit, position: this.position() };
  }

  private accept(url: string): LedLine {
    const line = ledLine(url, (command) => {
      if (this.answers && command.type === "auth") setTimeout(() => line.say({ type: "ack", id: command.id }), 1);
    });
    this.lines.push(line);
    setTimeout(() => {
      if (line.readyState !== 0) return;
      if (!this.accepts || !this.isGood(new URL(url).searchParams.get("token"))) return line.end(1006);
      Object.assign(line, { readyState: 1 });
      line.onopen?.call(line as unknown as WebSocket, {} as Event);
      if (!this.greets) return;
      line.say({ type: "hello", session: "s", position: this.position(), ping_ms: 25_000 });
      this.onGreeted(line);
    }, 5);
    return line;
  }
}

function ledLine(url: string, onSent: (command: LedLine["sent"][number]) => void): LedLine {
  const line: LedLine = {
    url,
    sent: [],
    closed: undefined,
    readyState: 0,
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (data) => {
      const command = JSON.parse(String(data)) as LedLine["sent"][number];
      line.sent.push(command);
      onSent(command);
    },
    close: (code) => Object.assign(line, { closed: code, readyState: 3 }),
    say: (frame) =>
      void line.onmessage?.call(line as unknown as WebSocket, { data: JSON.stringify(frame) } as MessageEvent),
    end: (code) => {
      Object.assign(line, { readyState: 3 });
      line.onclose?.call(line as unknown as WebSocket, { code } as CloseEvent);
    },
  };
  return line;
}
