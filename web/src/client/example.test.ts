import { expect, it, vi } from "vitest";
import { ApiClient } from "./api";
import { Chat } from "./chat";
import { MemoryStore } from "./store";
import { Random } from "./testing/random";
import { CALM, ScriptedServer } from "./testing/scripted-server";

const ADA = { id: "a", name: "Ada" };
const BOB = { id: "b", name: "Bob" };

it("signs in, reads, hears and sends", async () => {
  const server = new ScriptedServer(new Random(1), CALM, ADA);
  server.log.post(BOB, "b1", "Good morning!");

  const chat = new Chat({
    origin: "http://chat.test",
    store: new MemoryStore(), // in a browser: browserStore(() => localStorage)
    pageStore: new MemoryStore(), // and browserStore(() => sessionStorage)
    api: new ApiClient("http://chat.test", server.fetch), // left out in a browser,
    openSocket: server.openSocket, // as is this
  });
  const name = await chat.signIn({ name: "Ada", email: "", channel: "lobby" });
  const channel = chat.channel(name);
  if (!channel) throw new Error("it has just been opened");

  const said = (): string[] => channel.state().feed.messages.map(({ from_user, text }) => `${from_user.name}: ${text}`);
  let changes = 0;
  const unsubscribe = channel.subscribe(() => changes++);
  await vi.waitFor(() => expect(channel.state().connection.kind).toBe("open"), 5_000);
  await vi.waitFor(() => expect(said()).toEqual(["Bob: Good morning!"]), 5_000);

  channel.send("Good morning, Bob!");
  expect(channel.state().pending).toMatchObject([{ text: "Good morning, Bob!", status: "sending" }]);
  server.log.post(BOB, "b2", "How are you?");
  server.publish();
  await vi.waitFor(() => expect(said().length).toBe(3), 5_000);
  expect(said().sort()).toEqual(["Ada: Good morning, Bob!", "Bob: Good morning!", "Bob: How are you?"]);
  expect(channel.state().pending).toEqual([]);
  channel.markRead(server.log.end());
  expect(channel.state().unread.count).toBe(0);
  expect(changes).toBeGreaterThan(0);

  unsubscribe();
  chat.leave(name); // the others see it at once
  expect(chat.state().channels).toEqual([]);
});
