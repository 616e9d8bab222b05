import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Channel } from "./channel";
import type { Chat } from "./chat";
import type { MessageFrame } from "./frames";
import { toMessage } from "./messages";
import { LedServer } from "./testing/led-server";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-01-01T12:00:00Z") });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

const message = (seq: number, prev = seq - 1): MessageFrame => ({
  type: "message",
  seq,
  prev,
  id: `id${seq}`,
  from_user: { id: "Bob", name: "Bob" },
  sent_at: "2026-01-01T12:00:00Z",
  text: `text ${seq}`,
});
const history = (count: number) => Array.from({ length: count }, (_, i) => toMessage(message(i + 1)));

async function setup(change: Partial<LedServer> = {}): Promise<{ server: LedServer; chat: Chat; channel: Channel }> {
  const server = Object.assign(new LedServer(), change);
  const chat = server.open();
  await chat.signIn({ name: "Ada", email: "", channel: "lobby" });
  await pass(500);
  const channel = chat.channel("lobby");
  if (!channel) throw new Error("the channel is not open");
  return { server, chat, channel };
}

describe("a channel's token", () => {
  it.each([
    ["4001 of the server", 4001],
    ["a restart, and 401 then", 1012],
  ])("is another after %s, in however many channels", async (_, code) => {
    const { server, chat } = await setup();
    for (let i = 1; i < 6; i++) await chat.join(`c${i}`);
    await pass(500);
    server.ended = 6;
    for (const line of [...server.lines]) line.end(code);
    await pass(40_000);
    expect(chat.account.state().kind).toBe("signed-in");
    expect(chat.state().channels.map((channel) => channel.state().connection.kind)).toEqual(Array(6).fill("open"));
  });

  it("is not asked for without end where each is refused once it was greeted", async () => {
    const { server, chat } = await setup({ onGreeted: (line) => void setTimeout(() => line.end(4001), 1) });
    await pass(60_000);
    expect(server.lines.length).toBeLessThan(10);
    expect(chat.account.state()).toEqual({ kind: "signed-out", why: "ended" });
  });

  it("is renewed on the living connection before its end, and again when that failed", async () => {
    const { server } = await setup();
    server.answer = ({ pathname }) =>
      pathname === "/auth" ? Response.json({ code: "unavailable", message: "Not now." }, { status: 503 }) : undefined;
    await pass(55 * 60_000 + 1_000);
    server.answer = () => undefined;
    const [asked, sent] = [server.asked.length, server.last().sent.length];
    await pass(30_000);
    expect(server.asked.slice(asked)).toEqual(["POST /auth"]);
    expect(server.last().sent.slice(sent)).toMatchObject([{ type: "auth", id: expect.any(String) }]);
    expect(server.lines.length).toBe(1);
  });

  it("stays where a proxy answers for a server that is not there", async () => {
    const { server, chat } = await setup();
    server.answer = () => new Response("<html>no backend</html>", { status: 404 });
    server.last().end(4001);
    await pass(2_000);
    expect(chat.account.state().kind).toBe("signed-in");
  });
});

describe("a channel that was left", () => {
  it.each([
    ["a hole", true],
    ["no hole", false],
  ])("stays closed when a page comes late, with %s in its feed", async (_, hasHole) => {
    const { server, chat, channel } = await setup({ messages: history(300), end: 300 });
    server.answer = ({ pathname, searchParams }) =>
      pathname === "/users" && searchParams.has("min_seq") ? Response.json({}, { status: 503 }) : undefined;
    if (hasHole) server.last().say(message(310, 305));
    await pass(100);
    let comes = (): void => {};
    server.answer = ({ search }) =>
      search.includes("before") ? new Promise((resolve) => (comes = () => resolve(undefined))) : undefined;
    void channel.loadOlder();
    await pass(1);
    chat.leave("lobby");
    const [asked, lines] = [server.asked.length, server.lines.length];
    comes();
    await pass(120_000);
    expect([server.asked.length, server.lines.length]).toEqual([asked, lines]);
    expect(server.store.keys("chitchat.")).toEqual(["chitchat.account", "chitchat.channels Ada"]);
  });

  it("asks for nothing more when its token was on its way", async () => {
    const { server, channel } = await setup();
    server.ended = 1;
    let comes = (): void => {};
    server.answer = ({ pathname }) =>
      pathname === "/auth" ? new Promise((resolve) => (comes = () => resolve(undefined))) : undefined;
    server.last().end(4001);
    await pass(100);
    channel.close();
    comes();
    await pass(10);
    const asked = server.asked.length;
    await pass(3 * 3_600_000);
    expect(server.asked.length).toBe(asked);
  });

  it("can be opened again", async () => {
    const { server, channel } = await setup();
    channel.close();
    channel.open();
    await pass(5_000);
    expect(server.lines.length).toBe(2);
    expect(channel.state().connection.kind).toBe("open");
  });
});

describe("a channel", () => {
  it("tells of what came while the history was read again, once it is whole", async () => {
    const { server, channel } = await setup();
    const heard: number[] = [];
    channel.onArrival((messages) => heard.push(...messages.map(({ seq }) => seq)));
    server.answer = () => new Promise((resolve) => setTimeout(() => resolve(undefined), 1_000));
    server.last().say(message(10, 8));
    await pass(100);
    server.last().say(message(11, 10));
    Object.assign(server, { end: 11, messages: [message(8), message(10), message(11)].map(toMessage) });
    await pass(5_000);
    expect(heard).toEqual([8, 10, 11]);
  });

  it("has read no further than to its end", async () => {
    const { server, channel } = await setup({ messages: [toMessage(message(5_000))], end: 5_000 });
    Object.assign(server, { epoch: "e2", end: 3, messages: [] });
    server.last().end(1006);
    await pass(20_000);
    channel.markRead(5_000); // a row of the old log, still on the screen
    server.last().say(message(4));
    await pass(100);
    expect(channel.state().unread.count).toBe(1);
  });

  it("sends again what only a log that is gone had", async () => {
    const { server, channel } = await setup({ end: 5_000 });
    channel.send("one");
    await pass(10);
    const [first] = server.last().sent;
    server.last().say({ type: "ack", id: first?.id, seq: 5_001 });
    await pass(100);
    Object.assign(server, { epoch: "e2", end: 3 });
    server.last().end(1006);
    await pass(20_000);
    expect(server.last().sent).toEqual([{ type: "send", id: first?.id, text: "one", retry: true }]);
  });

  it("reads back to the first message", async () => {
    const { channel } = await setup({ messages: history(2_600), end: 2_600 });
    for (let i = 0; i < 30 && channel.state().feed.hasOlder; i++) await channel.loadOlder();
    expect(channel.state().feed.messages.length).toBe(2_600);
  });

  it("lets the oldest go when many came and nobody reads back", async () => {
    const { server, channel } = await setup();
    for (let seq = 8; seq < 2_200; seq++) server.last().say(message(seq));
    await pass(100);
    expect(channel.state().feed.messages.length).toBe(1_000);
    expect(channel.state().feed.hasOlder).toBe(true);
  });

  it("goes on though one who listens does not", async () => {
    const faults: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => faults.push(error));
    const { server, channel } = await setup();
    const end = channel.subscribe(() => {
      if (channel.state().typists.size > 0) throw new Error("a listener");
    });
    channel.send("one");
    await pass(10);
    server.last().say({ type: "typing", from_user: { id: "Bob", name: "Bob" } });
    server.last().say({ type: "ack", id: server.last().sent[0]?.id, seq: 8 });
    await pass(100);
    end();
    vi.unstubAllGlobals();
    expect(faults.length).toBeGreaterThan(0);
    expect(channel.state().pending).toMatchObject([{ status: "sent" }]);
  });

  it("does not send again what another page gave up while it was on its way", async () => {
    const { server, channel } = await setup();
    channel.send("one");
    await pass(10);
    const id = server.last().sent[0]?.id;
    server.store.setElsewhere(`chitchat.outbox Ada lobby ${id}`, undefined);
    expect(channel.state().pending).toMatchObject([{ id }]);
    server.last().end(1006);
    await pass(5_000);
    expect(server.lines.length).toBe(2);
    expect(server.last().sent).toEqual([]);
    expect(channel.state().pending).toEqual([]);
  });

  it("gives up a server that does not greet, and a line that says nothing more", async () => {
    const { server, channel } = await setup({ greets: false });
    await pass(15_000);
    expect(server.lines[0]?.closed).toBe(4900);
    server.greets = true;
    await pass(5_000);
    expect(channel.state().connection.kind).toBe("open");
    server.answers = false;
    const line = server.last();
    await pass(60_000);
    expect(line.sent.map(({ type }) => type)).toEqual(["auth"]);
    await pass(9_000);
    expect(line.closed).toBe(4900);
  });

  it("keeps its session over reconnects, and lets go of one that is refused", async () => {
    const { server } = await setup();
    const sessionOf = (i: number): string | null => new URL(server.lines[i]?.url ?? "").searchParams.get("session");
    server.last().end(1012);
    await pass(5_000);
    expect([sessionOf(0), sessionOf(1)]).toEqual([null, "s"]);
    server.accepts = false;
    server.last().end(1006);
    await pass(180_000);
    server.accepts = true;
    await pass(60_000);
    expect(sessionOf(server.lines.length - 1)).toBeNull();
  });

  it("is another person's when another signs in", async () => {
    const { server, chat } = await setup();
    await chat.signIn({ name: "Eve", email: "", channel: "lobby" });
    await pass(500);
    expect(chat.channel("lobby")?.self.id).toBe("Eve");
    expect(server.lines[0]?.closed).toBe(1000);
  });
});
