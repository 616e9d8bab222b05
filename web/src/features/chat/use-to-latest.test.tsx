// @vitest-environment happy-dom
import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { pendingAs } from "./timeline-testing";
import { type ToLatest, useToLatest } from "./use-to-latest";

afterEach(cleanup);

const A = pendingAs("a", "failed");
const B = pendingAs("b");
const C = pendingAs("c");

function setup(change: Partial<ToLatest> = {}) {
  const on = { toEnd: vi.fn(), onToLatest: vi.fn(), onReadingBack: vi.fn() };
  const initialProps: ToLatest = { pending: [A, B], hasNewer: false, atEnd: true, ...on, ...change };
  const { rerender, unmount } = renderHook(useToLatest, { initialProps });
  return { ...on, unmount, change: (to: Partial<ToLatest>) => rerender({ ...initialProps, ...change, ...to }) };
}

describe("useToLatest", () => {
  it.each<[name: string, pending: ToLatest["pending"], times: number]>([
    ["leads who writes to the end", [A, B, C], 1],
    ["also when others land meanwhile", [C], 1],
    ["leaves who reads where they are when a message lands or is discarded", [A], 0],
    ["and when all have landed", [], 0],
    ["and when one is tried again", [pendingAs("a"), B], 0],
  ])("%s", (_, pending, times) => {
    const { change, toEnd, onToLatest } = setup({ hasNewer: true });
    change({ pending });
    expect([toEnd.mock.calls.length, onToLatest.mock.calls.length]).toEqual([times, times]);
  });

  it("tells whether somebody reads back, and that nobody does when the list goes", () => {
    const { change, unmount, onReadingBack } = setup();
    change({ atEnd: false });
    unmount();
    expect(onReadingBack.mock.calls).toEqual([[false], [true], [false]]);
  });
});
