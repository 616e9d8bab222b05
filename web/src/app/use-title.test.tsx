// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { useTitle } from "./use-title";

beforeEach(() => {
  document.head.innerHTML = '<link rel="icon" href="/favicon.svg">';
});

const icon = (): string | null | undefined => document.querySelector('link[rel="icon"]')?.getAttribute("href");

it("names the channel and what is unread, and marks the tab", () => {
  const { rerender, unmount } = renderHook(({ channel, unread }) => useTitle(channel, unread), {
    initialProps: { channel: "lobby" as string | undefined, unread: "" },
  });
  expect([document.title, icon()]).toEqual(["#lobby · chitchat", "/favicon.svg"]);
  rerender({ channel: "lobby", unread: "3" });
  expect([document.title, icon()]).toEqual(["(3) #lobby · chitchat", "/favicon-unread.svg"]);
  rerender({ channel: undefined, unread: "99+" });
  expect(document.title).toBe("(99+) chitchat");
  unmount();
  expect([document.title, icon()]).toEqual(["chitchat", "/favicon.svg"]);
});
