import { afterEach, describe, expect, it, vi } from "vitest";
import { Account } from "./account";
import { ApiClient, type ApiError } from "./api";
import { MemoryStore } from "./store";

const ADA = { name: "Ada", email: "ada@example.com" };
const HOUR_S = 3_600;

/** A server that gives a token for each channel, numbered, and what it was asked. */
function setup(answer?: (channel: string) => Response | undefined) {
  const asked: string[] = [];
  const store = new MemoryStore();
  const tokenFor = (channel: string, name: string): string => {
    const claims = {
      user: { id: name, name },
      channel,
      exp: Date.now() / 1000 + HOUR_S,
      iss: "chitchat",
      n: asked.length,
    };
    return `h.${btoa(JSON.stringify(claims))}.s`;
  };
  const fetcher: typeof fetch = async (_, init) => {
    const { name, channel } = JSON.parse(String(init?.body)) as { name: string; channel: string };
    asked.push(channel);
    return answer?.(channel) ?? Response.json({ token: tokenFor(channel.toLowerCase(), name) }, { status: 201 });
  };
  const open = (): Account => new Account(new ApiClient("", fetcher), store);
  return { account: open(), open, store, asked };
}

const refusal = (status: number): Response => Response.json({ code: "refused", message: "No." }, { status });

afterEach(() => {
  vi.useRealTimers();
});

describe("an account", () => {
  it("is signed in once the server has given a token, and after a reload", async () => {
    const { account, open } = setup();
    expect(account.state()).toEqual({ kind: "signed-out", why: undefined });
    await account.signIn({ ...ADA, channel: "Lobby" });
    const user = { id: "Ada", name: "Ada" };
    expect(account.state()).toEqual({ kind: "signed-in", user });
    expect(open().state()).toEqual({ kind: "signed-in", user });
    expect(open().remembered()).toEqual(ADA);
  });

  it("is not when the server refuses", async () => {
    const { account } = setup(() => refusal(422));
    await expect(account.signIn({ ...ADA, channel: "?" })).rejects.toMatchObject({ code: "refused", status: 422 });
    expect(account.state().kind).toBe("signed-out");
  });

  it("asks once for a channel's token, and shares it", async () => {
    const { account, asked } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    const tokens = await Promise.all([account.token("den"), account.token("den"), account.token("lobby")]);
    expect(tokens[0]).toBe(tokens[1]);
    expect(asked).toEqual(["lobby", "den"]);
    expect(await account.token("den")).toBe(tokens[0]);
  });

  it("gets another for one that has run out", async () => {
    vi.useFakeTimers();
    const { account, asked } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    vi.setSystemTime(Date.now() + HOUR_S * 1000);
    await account.token("lobby");
    expect(asked).toEqual(["lobby", "lobby"]);
  });

  it("gets another for one that was refused, and ends when fresh ones are, too", async () => {
    const { account, asked } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    for (let i = 0; account.state().kind === "signed-in"; i++) {
      expect(i).toBeLessThan(10);
      account.refused("lobby", await account.token("lobby"));
    }
    expect(account.state()).toEqual({ kind: "signed-out", why: "ended" });
    expect(asked.length).toBe(4);
  });

  it("goes on when the server takes one between", async () => {
    const { account } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    for (let i = 0; i < 10; i++) {
      account.refused("lobby", await account.token("lobby"));
      account.accepted("lobby");
    }
    expect(account.state().kind).toBe("signed-in");
  });

  it("does not take an old token's refusal for the new one's", async () => {
    const { account, asked } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    const old = await account.token("lobby");
    const fresh = await account.renew("lobby");
    account.refused("lobby", old);
    expect(await account.token("lobby")).toBe(fresh);
    expect(asked.length).toBe(2);
  });

  it.each([401, 403, 404, 405])("ends when the server signs nobody in any more (%i)", async (status) => {
    const { account } = setup((channel) => (channel === "den" ? refusal(status) : undefined));
    await account.signIn({ ...ADA, channel: "lobby" });
    await expect(account.token("den")).rejects.toBeDefined();
    expect(account.state()).toEqual({ kind: "signed-out", why: "ended" });
  });

  it.each([422, 429, 500, 503])("does not end for what passes, or is about the channel (%i)", async (status) => {
    const { account } = setup((channel) => (channel === "den" ? refusal(status) : undefined));
    await account.signIn({ ...ADA, channel: "lobby" });
    const error = await account.token("den").catch((reason: ApiError) => reason.status);
    expect(error).toBe(status);
    expect(account.state().kind).toBe("signed-in");
  });

  it("forgets all tokens at the end, and another person's at the beginning", async () => {
    const { account, store } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    await account.token("den");
    await account.signIn({ name: "Bob", email: "", channel: "lobby" });
    expect(store.keys("chitchat.token ")).toEqual(["chitchat.token Bob lobby"]);
    account.signOut();
    expect(store.keys("chitchat.token ")).toEqual([]);
    expect(account.remembered()).toEqual({ name: "Bob", email: "" });
  });

  it("does not sign in again who left while a token was on its way", async () => {
    const { account } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    const token = account.token("den");
    account.signOut();
    await expect(token).rejects.toMatchObject({ status: 401 });
    expect(account.tokenAtHand("den")).toBeUndefined();
  });
});

describe("an account in two pages", () => {
  const stored = (name: string) => ({ name, email: "", user: { id: name, name } });
  it.each([
    ["that was left there", { name: "Ada", email: "" }, { kind: "signed-out", why: "leftElsewhere" }],
    ["that another took over", stored("Bob"), { kind: "signed-out", why: "replacedElsewhere" }],
    ["that signed in again", stored("Ada"), { kind: "signed-in", user: { id: "Ada", name: "Ada" } }],
  ])("hears of one %s", async (_, value, want) => {
    const { account, store } = setup();
    await account.signIn({ ...ADA, channel: "lobby" });
    store.setElsewhere("chitchat.account", value);
    expect(account.state()).toEqual(want);
    expect(account.remembered()).toEqual(ADA);
  });
});
