// @vitest-environment happy-dom
import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChannelState } from "@/client/channel";
import { Listeners } from "@/client/listeners";
import type { Typists } from "@/client/typists";
import { renderOnPage } from "@/shared/testing";
import { TypingLine } from "./typing-line";

const setup = () => {
  const changes = new Listeners();
  let typists: Typists = new Map();
  const channel = {
    self: { id: "self", name: "Self" },
    subscribe: changes.subscribe,
    state: () => ({ typists }) as ChannelState,
  };
  const { container } = renderOnPage(<TypingLine channel={channel} />);
  const type = (...names: string[]): void => {
    typists = new Map(names.map((name) => [name, { user: { id: name, name }, until: 0 }]));
    act(() => changes.tell());
  };
  return { type, shown: () => container.querySelector("p")?.textContent ?? "" };
};

const said = (): string | null => screen.getByRole("status", { name: "Typing" }).textContent;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("names those who are typing, as long as they are few", () => {
  const { type, shown } = setup();
  expect(shown()).toBe("");
  type("Ada");
  expect(shown()).toBe("Ada is typing…");
  type("Ada", "Bob");
  expect(shown()).toBe("Ada and Bob are typing…");
  type("Ada", "Bob", "{name}");
  expect(shown()).toBe("Several people are typing…");
  type("self");
  expect(shown()).toBe("");
});

it("is read out when somebody begins, and then not for a while", () => {
  const { type, shown } = setup();
  type("$&");
  expect(said()).toBe("$& is typing…");
  type("$&", "Bob");
  expect(said()).toBe("$& is typing…");
  type();
  type("Bob");
  expect([shown(), said()]).toEqual(["Bob is typing…", ""]);
  type();
  vi.advanceTimersByTime(30_000);
  type("Bob");
  expect(said()).toBe("Bob is typing…");
});
