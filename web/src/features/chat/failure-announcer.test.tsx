// @vitest-environment happy-dom
import { act, screen } from "@testing-library/react";
import { StrictMode, useState } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Pending } from "@/client/outbox";
import { renderOnPage } from "@/shared/testing";
import { Announcer } from "./announcer";
import { ADA, pendingAs } from "./timeline-testing";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

let setPending: (pending: readonly Pending[]) => void;

/** The announcer with what waits, which can be changed. */
function Outbox({ pending }: { readonly pending: readonly Pending[] }) {
  const [items, setItems] = useState(pending);
  setPending = setItems;
  return <Announcer messages={[]} pending={items} isLive selfId={ADA.id} />;
}

const open = (pending: readonly Pending[]) =>
  renderOnPage(
    <StrictMode>
      <Outbox pending={pending} />
    </StrictMode>,
  );
const change = (pending: readonly Pending[]): void => act(() => setPending(pending));
const pass = (ms: number): void => act(() => void vi.advanceTimersByTime(ms));
const alert = () => screen.getByRole("alert").textContent;

it("says at once that a message was not sent, and why", () => {
  open([pendingAs("a")]);
  expect(alert()).toBe("");
  change([pendingAs("a", "failed", "No.")]);
  expect(alert()).toBe("Not sent. No. Your message was: text of a");
});

it("says it once, however often its channel is opened, and again when another try fails", () => {
  const failed = pendingAs("a", "failed", "No.");
  const { unmount } = open([failed]);
  expect(alert()).not.toBe("");
  unmount();
  open([failed]);
  expect(alert()).toBe("");
  change([failed, pendingAs("b")]);
  expect(alert()).toBe("");
  change([pendingAs("a"), pendingAs("b")]);
  change([pendingAs("a", "failed", "Still no."), pendingAs("b")]);
  expect(alert()).toMatch("Still no.");
});

it("merges what fails within a second", () => {
  const { unmount } = open([pendingAs("a"), pendingAs("b"), pendingAs("c")]);
  const [a, b, c] = [..."abc"].map((id) => pendingAs(id, "failed", "No."));
  change([a, pendingAs("b"), pendingAs("c")] as Pending[]);
  const first = alert();
  change([a, b, pendingAs("c")] as Pending[]);
  change([a, b, c] as Pending[]);
  pass(999);
  expect(alert()).toBe(first);
  pass(1);
  expect(alert()).toBe("2 messages were not sent.");
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});

it("says no more than the beginning of a long one", () => {
  open([{ ...pendingAs("a", "failed", "No."), text: "x".repeat(300) }]);
  expect(alert()).toMatch(/: x{200}…$/);
});
