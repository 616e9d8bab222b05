// @vitest-environment happy-dom
import { cleanup, fireEvent, renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useEscape } from "./use-escape";

afterEach(cleanup);

const press = (): boolean => fireEvent.keyDown(document.body, { key: "Escape" });

it("ends one thing at a time, and first what was opened last", () => {
  const [outer, inner] = [vi.fn(), vi.fn()];
  renderHook(() => useEscape(true, outer));
  const { unmount } = renderHook(() => useEscape(true, inner));
  expect(press()).toBe(false);
  expect([outer.mock.calls.length, inner.mock.calls.length]).toEqual([0, 1]);
  unmount();
  press();
  expect([outer.mock.calls.length, inner.mock.calls.length]).toEqual([1, 1]);
});

it("leaves alone what something else has taken, and everything while it is not enabled", () => {
  const end = vi.fn();
  const { rerender } = renderHook(({ enabled }) => useEscape(enabled, end), { initialProps: { enabled: true } });
  const taken = new KeyboardEvent("keydown", { key: "Escape", cancelable: true });
  taken.preventDefault();
  document.dispatchEvent(taken);
  rerender({ enabled: false });
  expect(press()).toBe(true);
  expect(end).not.toHaveBeenCalled();
});
