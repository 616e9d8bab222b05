// @vitest-environment happy-dom
import { act } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Message } from "@/client/messages";
import { renderOnPage } from "@/shared/testing";
import { Announcer } from "./announcer";
import { ADA, messageAt } from "./timeline-testing";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const said = (seq: number, text: string, user?: typeof ADA): Message => ({ ...messageAt(seq, "01T12:00", user), text });

let feed: (messages: readonly Message[]) => void;

const NONE: readonly never[] = [];

/** The announcer with messages that can be changed. */
function Feed({ messages }: { readonly messages: readonly Message[] }) {
  const [list, setList] = useState(messages);
  feed = setList;
  return <Announcer messages={list} pending={NONE} isLive selfId={ADA.id} />;
}

it("says what others say, at most once a second, and nothing of what was there", () => {
  const { container, unmount } = renderOnPage(<Feed messages={[said(5, "old")]} />);
  const text = () => container.querySelector('[aria-live="polite"]')?.textContent;
  const steps: [messages: Message[], passing: number, want: string][] = [
    [[said(4, "older"), said(5, "old")], 0, ""],
    [[said(5, "old"), said(6, "hey")], 0, "Bob: hey"],
    [[said(6, "hey"), said(7, "ho")], 500, "Bob: hey"],
    [[said(6, "hey"), said(7, "ho"), said(8, "mine", ADA), said(9, "so")], 499, "Bob: hey"],
    [[said(9, "so")], 2, "2 new messages"],
    [[said(9, "so"), said(10, "x".repeat(300))], 1_000, `Bob: ${"x".repeat(200)}…`],
  ];
  for (const [messages, passing, want] of steps) {
    act(() => feed(messages));
    act(() => vi.advanceTimersByTime(passing));
    expect(text()).toBe(want);
  }
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
