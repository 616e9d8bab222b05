// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiClient, ApiError, type Claims } from "@/client/api";
import { loadAccount, type StoredAccount, saveAccount } from "@/shared/storage";
import { useAccount } from "./use-account";

const ADA = { name: "Ada", email: "", channel: "lobby" };
const BOB = { name: "Bob", email: "", channel: "lobby" };

const claims = (exp: number): Claims => ({ user: { id: "a", name: "Ada" }, channel: "lobby", exp, iss: "chitchat" });

const setup = async ({ exp = 4e9 } = {}) => {
  saveAccount({ ...ADA, token: "t" });
  const api = new ApiClient();
  vi.spyOn(api, "whoAmI").mockResolvedValue(claims(exp));
  const client = new QueryClient();
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const { result } = renderHook(() => useAccount(api), { wrapper });
  await waitFor(() => expect(result.current.account.kind).toBe("signed-in"));
  return { api, handle: () => result.current };
};

/** What another tab writes: the event comes to every tab but that one. */
const elsewhere = (account: StoredAccount | undefined, key: string | null = "chitchat.account"): void => {
  if (account) saveAccount(account);
  else localStorage.clear();
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key, storageArea: localStorage })));
};

beforeEach(() => localStorage.clear());
afterEach(cleanup);

describe("useAccount, when another tab", () => {
  it.each([
    ["leaves", ADA, "chitchat.account", "leftElsewhere"],
    ["clears all that is stored", undefined, null, "leftElsewhere"],
    ["signs somebody else in", { ...BOB, token: "u" }, "chitchat.account", "replacedElsewhere"],
  ])("%s, signs out and says why", async (_, account, key, why) => {
    const { handle } = await setup();
    elsewhere(account, key);
    expect(handle().account).toEqual({ kind: "signed-out", why });
    expect(handle().remembered).toEqual(ADA);
    expect(loadAccount()).toEqual(account); // it is the other tab's
  });

  it.each([
    ["has a fresh token for the same person", { ...ADA, token: "fresh" }, "chitchat.account"],
    ["writes something else", { ...BOB, token: "u" }, "another.key"],
  ])("%s, stays", async (_, account, key) => {
    const { handle } = await setup();
    elsewhere(account, key);
    expect(handle().account).toMatchObject({ kind: "signed-in", token: "t" });
  });

  it("has a better token, leaves it that one when its own is refused", async () => {
    const { handle } = await setup();
    elsewhere({ ...ADA, token: "fresh" });
    act(() => handle().tokenRefused());
    expect(handle().account).toEqual({ kind: "signed-out", why: "ended" });
    expect(loadAccount()?.token).toBe("fresh");
  });

  it("leaves while a token is renewed, does not sign in again", async () => {
    const { api, handle } = await setup({ exp: 1 });
    let answer = (_: string): void => {};
    vi.spyOn(api, "signIn").mockReturnValue(new Promise((resolve) => (answer = resolve)));
    act(() => handle().tokenRefused());
    elsewhere(ADA);
    await act(async () => answer("fresh"));
    expect(handle().account).toEqual({ kind: "signed-out", why: "leftElsewhere" });
    expect(loadAccount()?.token).toBeUndefined();
  });
});

it("leaving takes the token from every tab", async () => {
  const { handle } = await setup();
  elsewhere({ ...ADA, token: "fresh" });
  act(() => handle().leave());
  expect(handle().account).toEqual({ kind: "signed-out", why: undefined });
  expect(loadAccount()).toEqual(ADA);
});

it("asks again when the server refuses the token that was stored", async () => {
  const { api, handle } = await setup();
  vi.spyOn(api, "whoAmI").mockRejectedValue(new ApiError("unauthorized", "Unauthorized", 401));
  await act(async () => void (await handle().check()));
  expect(handle().account).toEqual({ kind: "signed-out", why: "ended" });
});
