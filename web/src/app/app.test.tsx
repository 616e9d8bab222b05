// @vitest-environment happy-dom
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiClient } from "@/client/api";
import { Chat } from "@/client/chat";
import type { Socket } from "@/client/connection";
import { MemoryStore } from "@/client/store";
import type { MessageListProps } from "@/features/chat/message-list";
import { forgetDrafts, loadDraft } from "@/shared/storage";
import { renderOnPage } from "@/shared/testing";
import { visits } from "@/shared/visit";
import { App } from "./app";
import { loadSwitcher, loadTimeTravel } from "./lazy-parts";

const BREAKS = "what breaks the list";

// The virtual list has no rows without a layout; what is tested here is what stands around it.
vi.mock("@/features/chat/message-list", () => ({
  MessageList: ({ channel, messages }: MessageListProps) => {
    if (messages.some(({ text }) => text === BREAKS)) throw new Error(BREAKS);
    return (
      <div role="log" aria-label={`Messages in ${channel}`}>
        {messages.map(({ text }) => text).join("\n")}
      </div>
    );
  },
}));

vi.mock("./lazy-parts", async (original) => {
  const parts = await original<typeof import("./lazy-parts")>();
  return { ...parts, loadSwitcher: vi.fn(parts.loadSwitcher), loadTimeTravel: vi.fn(parts.loadTimeTravel) };
});

const ADA = { id: "ada", name: "Ada" };
const BOB = { id: "bob", name: "Bob" };

/** What was said in each channel, by Bob. */
const said: Record<string, string[]> = {};

const answer = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

const tokenFor = (channel: string): string => {
  const claims = { user: ADA, channel, exp: 4e9, iss: "chitchat" };
  return `h.${btoa(JSON.stringify(claims))}.s`;
};

const server: typeof fetch = async (input, init) => {
  const path = String(input);
  if (path.startsWith("/auth")) {
    const { channel } = JSON.parse(String(init?.body)) as { channel: string };
    if (channel === "forbidden") return answer({ code: "invalid_channel", message: "Not this one." }, 422);
    return answer({ token: tokenFor(channel.toLowerCase()) }, 201);
  }
  const token = new Headers(init?.headers).get("Authorization")?.split(".")[1] ?? "";
  const { channel } = JSON.parse(atob(token)) as { channel: string };
  const texts = said[channel] ?? [];
  const position = `e:${texts.length}`;
  if (path.startsWith("/users")) return answer({ users: [{ ...BOB, sessions: ["b"] }], position });
  const messages = texts.map((text, i) => ({
    ...{ type: "message", seq: i + 1, id: `${i}`, from_user: BOB, text },
    sent_at: "2026-01-01T12:00:00Z",
  }));
  return answer({ messages, position, has_more: false });
};

const silence = (): Socket => ({ close() {}, send() {}, readyState: 0, onopen: null, onmessage: null, onclose: null });

const setup = ({ path = "/", open = [] as string[], read = {} as Record<string, number> } = {}) => {
  const store = new MemoryStore();
  if (open.length > 0) {
    store.set("chitchat.account", { name: "Ada", email: "", user: ADA });
    store.set("chitchat.channels ada", { names: open });
  }
  for (const [name, seq] of Object.entries(read)) store.set(`chitchat.read ada ${name}`, `e:${seq}`);
  visits.goTo(path, { replace: true });
  const api = new ApiClient("", server);
  const chat = new Chat({ origin: "http://chat", store, pageStore: new MemoryStore(), api, openSocket: silence });
  renderOnPage(<App chat={chat} />);
  return { chat, store, user: userEvent.setup() };
};

const logOf = (channel: string): Promise<HTMLElement> => screen.findByRole("log", { name: `Messages in ${channel}` });

const listed = (): (string | undefined)[] =>
  within(screen.getByRole("list", { name: "Channels" }))
    .getAllByRole("link")
    .map((link) => link.querySelector("bdi")?.textContent ?? undefined);

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  forgetDrafts("ada");
  for (const name of Object.keys(said)) delete said[name];
});

describe("who is not signed in", () => {
  it("gets a form with the channel of the address, and comes to the message that it names", async () => {
    said.lobby = ["hello"];
    const { user } = setup({ path: "/c/Lobby#m1" });
    expect((await screen.findByRole<HTMLInputElement>("textbox", { name: "Channel" })).value).toBe("lobby");
    await user.type(screen.getByRole("textbox", { name: "Name" }), "Ada{Enter}");
    expect((await logOf("lobby")).textContent).toBe("hello");
    expect(`${location.pathname}${location.hash}`).toBe("/c/lobby#m1");
  });
});

describe("the address", () => {
  it("opens and joins the channel that it names", async () => {
    const { chat } = setup({ path: "/c/other", open: ["lobby"] });
    await logOf("other");
    expect(chat.state().channels.map(({ name }) => name)).toEqual(["lobby", "other"]);
  });

  it("that names none becomes that of the last channel", async () => {
    localStorage.setItem("chitchat.last", '"room"');
    setup({ open: ["lobby", "room"] });
    await logOf("room");
    expect(location.pathname).toBe("/c/room");
  });

  it("of a channel that cannot be had says why", async () => {
    const { user } = setup({ path: "/c/forbidden", open: ["lobby"] });
    expect((await screen.findByRole("alert")).textContent).toBe("#forbidden cannot be opened. Not this one.");
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByRole("alert");
    await user.click(screen.getByRole("link", { name: /lobby/ }));
    await logOf("lobby");
  });

  it("is not opened once more when another page leaves its channel", async () => {
    const { chat, store } = setup({ path: "/c/room", open: ["lobby", "room"] });
    await logOf("room");
    act(() => store.setElsewhere("chitchat.channels ada", { names: ["lobby"] }));
    await logOf("lobby");
    expect(chat.state().channels.map(({ name }) => name)).toEqual(["lobby"]);
  });
});

describe("the channels", () => {
  it("show what is unread, and that one was mentioned", async () => {
    said.room = ["old", "new", "for @Ada"];
    setup({ path: "/c/lobby", open: ["lobby", "room"], read: { room: 1 } });
    await screen.findByRole("link", { name: /room.*2 unread, you were mentioned/ });
    expect(screen.getByRole("link", { name: /lobby/ }).getAttribute("aria-current")).toBe("page");
    await waitFor(() => expect(document.title).toBe("(2) #lobby · chitchat"));
  });

  it("are switched by a click and by keys, round the end", async () => {
    const { user } = setup({ path: "/c/a", open: ["a", "b", "c"] });
    await logOf("a");
    await user.click(screen.getByRole("link", { name: /b$/ }));
    await logOf("b");
    for (const want of ["c", "a", "b"]) {
      await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
      await logOf(want);
    }
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await logOf("a");
  });

  it("with something unread are next with Shift", async () => {
    said.c = ["one"];
    const { user } = setup({ path: "/c/a", open: ["a", "b", "c"], read: { c: 0 } });
    await screen.findByRole("link", { name: /c.*1 unread/ });
    await user.keyboard("{Alt>}{Shift>}{ArrowDown}{/Shift}{/Alt}");
    await logOf("c");
  });

  it("become more by name, which says what is wrong with one", async () => {
    const { user } = setup({ path: "/c/lobby", open: ["lobby"] });
    await user.click(screen.getByRole("button", { name: "New or other channel" }));
    const field = await screen.findByRole("textbox", { name: "Name of the channel" });
    await user.type(field, "not.this{Enter}");
    await screen.findByText(/1 to 64 letters/);
    await user.clear(field);
    await user.type(field, "forbidden{Enter}");
    await screen.findByText("Not this one.");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    await user.clear(field);
    await user.type(field, "Room{Enter}");
    await logOf("room");
    expect(listed()).toEqual(["lobby", "room"]);
  });

  it("are left one by one", async () => {
    const { user } = setup({ path: "/c/a", open: ["a", "b"] });
    await logOf("a");
    await user.click(screen.getByRole("button", { name: "Leave a" }));
    await logOf("b");
    await user.click(screen.getByRole("button", { name: "Leave b" }));
    await screen.findByText("No channel is open.");
    expect(location.pathname).toBe("/");
  });

  it("hand the focus on to the one that is open when another is left", async () => {
    const { user } = setup({ path: "/c/a", open: ["a", "b"] });
    await logOf("a");
    await user.click(screen.getByRole("button", { name: "Leave b" }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Message")));
  });

  it("are left with what was not sent there only by who was asked", async () => {
    const { chat, user } = setup({ path: "/c/a", open: ["a", "b"] });
    await logOf("a");
    await user.type(screen.getByLabelText("Message"), "a draft");
    await user.click(screen.getByRole("button", { name: "Leave a" }));
    const question = screen.getByRole("alertdialog", { name: "Leave a" });
    await user.keyboard("{Escape}");
    expect(question.isConnected).toBe(false);
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Leave a" }));
    expect(chat.state().channels).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Leave a" }));
    await user.click(within(screen.getByRole("alertdialog")).getByRole("button", { name: "Leave" }));
    await logOf("b");
    expect(loadDraft("ada a")).toBe("");
  });

  it("can be chosen by a few letters", async () => {
    const { user } = setup({ path: "/c/lobby", open: ["lobby", "engine-room"] });
    await logOf("lobby");
    await user.keyboard("{Control>}k{/Control}");
    const field = await screen.findByRole("combobox", { name: "Name of a channel" });
    await user.type(field, "room");
    const options = within(screen.getByRole("listbox", { name: "Channels" })).getAllByRole("option");
    expect(options.map((option) => option.textContent)).toEqual(["#engine-room", "Open #room"]);
    await user.keyboard("{ArrowDown}");
    expect(options.map((option) => option.getAttribute("aria-selected"))).toEqual(["false", "true"]);
    await user.keyboard("{ArrowDown}{Enter}");
    await logOf("engine-room");
    expect(screen.queryByRole("combobox", { name: "Name of a channel" })).toBeNull();
  });
});

it("keeps what cannot be fetched from breaking the channel, and tries again", async () => {
  vi.mocked(loadTimeTravel).mockRejectedValueOnce(new TypeError("Failed to fetch"));
  vi.mocked(loadSwitcher).mockRejectedValueOnce(new TypeError("Failed to fetch"));
  const { user } = setup({ path: "/c/lobby", open: ["lobby"] });
  await logOf("lobby");
  await user.click(screen.getByRole("button", { name: "History" }));
  expect((await screen.findByRole("alert")).textContent).toContain("cannot be fetched");
  await user.click(screen.getByRole("button", { name: "Back" }));
  await logOf("lobby");
  await user.keyboard("{Control>}k{/Control}");
  await user.click(await screen.findByRole("button", { name: "Try again" }));
  await screen.findByRole("combobox", { name: "Name of a channel" });
});

it("keeps the box for writing when the list breaks", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {}); // React tells of it there
  said.lobby = [BREAKS];
  const { user } = setup({ path: "/c/lobby", open: ["lobby"] });
  expect((await screen.findByRole("alert")).textContent).toContain("This part of the page broke.");
  await user.type(screen.getByLabelText("Message"), "still here");
  expect(loadDraft("ada lobby")).toBe("still here");
});

it("forgets the drafts of who signs out, and knows their name", async () => {
  const { user } = setup({ path: "/c/lobby", open: ["lobby"] });
  await logOf("lobby");
  await user.type(screen.getByLabelText("Message"), "secret");
  await user.click(screen.getByRole("button", { name: "Sign out" }));
  expect((await screen.findByRole<HTMLInputElement>("textbox", { name: "Name" })).value).toBe("Ada");
  expect(loadDraft("ada lobby")).toBe("");
});
