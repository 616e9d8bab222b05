import { describe, expect, it, vi } from "vitest";
import { ApiClient } from "./api";
import { Chat, CODE_TOO_MANY, MAX_CHANNELS } from "./chat";
import type { Socket } from "./connection";
import { MemoryStore } from "./store";

const ADA = { name: "Ada", email: "" };

/** Sockets that are never greeted, with the channel that each is for and the code that it was closed with. */
type Line = Socket & { readonly channel: string; closed: number | undefined };

function setup() {
  const store = new MemoryStore();
  const lines: Line[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    const path = String(input);
    if (path.includes("/auth")) return Response.json({ token: tokenOf(String(init?.body)) }, { status: 201 });
    const position = { position: "e:7" };
    return Response.json(
      path.includes("/users") ? { users: [], ...position } : { messages: [], has_more: false, ...position },
    );
  };
  const openSocket = (url: string): Socket => {
    const token = new URL(url).searchParams.get("token") ?? "";
    const channel = (JSON.parse(atob(token.split(".")[1] ?? "")) as { channel: string }).channel;
    const line: Line = {
      channel,
      closed: undefined,
      readyState: 0,
      onopen: null,
      onmessage: null,
      onclose: null,
      send: () => {},
      close: (code) => {
        line.closed = code;
      },
    };
    lines.push(line);
    return line;
  };
  const open = (first?: string): Chat =>
    new Chat({
      origin: "http://chat.test",
      store,
      pageStore: new MemoryStore(),
      api: new ApiClient("", fetcher),
      openSocket,
      first,
    });
  const openLines = (): string[] => lines.filter(({ closed }) => closed === undefined).map(({ channel }) => channel);
  return { chat: open(), open, store, lines, openLines };
}

function tokenOf(body: string): string {
  const { name, channel } = JSON.parse(body) as { name: string; channel: string };
  const claims = {
    user: { id: name, name },
    channel: channel.toLowerCase(),
    exp: Date.now() / 1000 + 3_600,
    iss: "chitchat",
  };
  return `h.${btoa(JSON.stringify(claims))}.s`;
}

const namesOf = (chat: Chat): string[] => chat.state().channels.map(({ name }) => name);

describe("a chat", () => {
  it("has a socket for each channel, under the name that the server gives it", async () => {
    const { chat, openLines } = setup();
    expect(await chat.signIn({ ...ADA, channel: "Lobby" })).toBe("lobby");
    expect(await chat.join("Den")).toBe("den");
    await vi.waitFor(() => expect(openLines().sort()).toEqual(["den", "lobby"]));
    expect(namesOf(chat)).toEqual(["lobby", "den"]);
  });

  it("opens a channel once", async () => {
    const { chat, openLines } = setup();
    await chat.signIn({ ...ADA, channel: "lobby" });
    await chat.join("LOBBY");
    await vi.waitFor(() => expect(openLines()).toEqual(["lobby"]));
    expect(namesOf(chat)).toEqual(["lobby"]);
  });

  it("has the same channels after a reload, and reads the one first that is looked at", async () => {
    const { chat, open, lines } = setup();
    await chat.signIn({ ...ADA, channel: "lobby" });
    await chat.join("den");
    await vi.waitFor(() => expect(lines.length).toBe(2));
    lines.length = 0;
    expect(namesOf(open("den"))).toEqual(["lobby", "den"]);
    await vi.waitFor(() => expect(lines.map(({ channel }) => channel)).toEqual(["den", "lobby"]));
  });

  it("leaves one so that the others see it, and keeps nothing of it", async () => {
    const { chat, lines, openLines, store } = setup();
    await chat.signIn({ ...ADA, channel: "lobby" });
    await chat.join("den");
    chat.channel("den")?.send("not sent");
    await vi.waitFor(() => expect(lines.length).toBe(2));
    chat.leave("den");
    expect(namesOf(chat)).toEqual(["lobby"]);
    expect(lines.find(({ channel }) => channel === "den")?.closed).toBe(1000);
    expect(openLines()).toEqual(["lobby"]);
    expect([...store.keys("chitchat.token "), ...store.keys("chitchat.outbox ")]).toEqual(["chitchat.token Ada lobby"]);
  });

  it("leaves all when the person signs out", async () => {
    const { chat, lines, openLines, store } = setup();
    await chat.signIn({ ...ADA, channel: "lobby" });
    await chat.join("den");
    chat.channel("lobby")?.send("not sent");
    await vi.waitFor(() => expect(lines.length).toBe(2));
    chat.signOut();
    expect(chat.state()).toMatchObject({ account: { kind: "signed-out", why: undefined }, channels: [] });
    expect(openLines()).toEqual([]);
    expect(store.keys("chitchat.")).toEqual(["chitchat.account"]);
  });

  it("does what another page of the browser does", async () => {
    const { chat, store, openLines } = setup();
    await chat.signIn({ ...ADA, channel: "lobby" });
    store.setElsewhere("chitchat.channels Ada", { names: ["lobby", "den"] });
    expect(namesOf(chat)).toEqual(["lobby", "den"]);
    await vi.waitFor(() => expect(openLines().sort()).toEqual(["den", "lobby"]));
    store.setElsewhere("chitchat.channels Ada", { names: ["den"] });
    expect(namesOf(chat)).toEqual(["den"]);
    expect(openLines()).toEqual(["den"]);
    store.setElsewhere("chitchat.account", undefined);
    expect(chat.state()).toMatchObject({ account: { kind: "signed-out", why: "leftElsewhere" }, channels: [] });
    expect(openLines()).toEqual([]);
  });

  it("says so when there are too many", async () => {
    const { chat } = setup();
    await chat.signIn({ ...ADA, channel: "c0" });
    for (let i = 1; i < MAX_CHANNELS; i++) await chat.join(`c${i}`);
    await expect(chat.join("one-more")).rejects.toMatchObject({ code: CODE_TOO_MANY });
    expect(await chat.join("c3")).toBe("c3");
    expect(namesOf(chat).length).toBe(MAX_CHANNELS);
    chat.signOut();
  });
});
