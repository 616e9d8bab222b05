// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EMPTY_TIMELINE, extend } from "./timeline";
import { messageAt, NOTHING } from "./timeline-testing";
import { type Pages, usePages } from "./use-pages";

afterEach(cleanup);

const messages = Array.from({ length: 100 }, (_, i) => messageAt(i + 1, "01T12:00"));
const opensAt = 50;
const timeline = extend(EMPTY_TIMELINE, { ...NOTHING, messages, hasOlder: true, hasNewer: true });

/** The list with rows from one to another in sight, counted from the first. */
function setup(side: "older" | "newer") {
  const on = { onLoadOlder: vi.fn(), onLoadNewer: vi.fn() };
  let props: Pages = {
    ...{ timeline, opensAt: timeline.first + opensAt, hasOlder: true, older: "idle", hasNewer: true, newer: "idle" },
    ...on,
  };
  const { result, rerender } = renderHook(usePages, { initialProps: props });
  const change = (to: Partial<Pages>): void => {
    props = { ...props, ...to };
    rerender(props);
  };
  const show = ([from, to]: readonly [number, number]): void =>
    act(() => result.current({ startIndex: timeline.first + from, endIndex: timeline.first + to }));
  show([opensAt - 10, opensAt + 10]);
  const become = (state: Pages["older"]): void => change({ [side]: state });
  const asked = side === "older" ? on.onLoadOlder : on.onLoadNewer;
  return { show, change, become, asked: () => asked.mock.calls.length };
}

const SIDES = [
  { side: "older", near: [8, 28], end: [0, 20], away: [30, 50] },
  { side: "newer", near: [71, 91], end: [79, 99], away: [49, 69] },
] as const;

describe.each(SIDES)("the page that is $side", ({ side, near, end, away }) => {
  it("is asked for once as one comes near", () => {
    const { show, become, asked } = setup(side);
    expect(asked()).toBe(0);
    show(near);
    become("loading");
    show(end);
    expect(asked()).toBe(1);
  });

  it("is asked for again, where it failed, by who comes to the end", () => {
    const { show, become, asked } = setup(side);
    show(near);
    become("loading");
    become("failed");
    expect(asked()).toBe(1);
    show(end);
    expect(asked()).toBe(2);
  });

  it("is not asked for on and on by who stays there, but by who comes back", () => {
    const { show, become, asked } = setup(side);
    show(end);
    for (let tries = 1; tries < 4; tries++) {
      become("loading");
      become("failed");
      show(end);
      expect(asked()).toBe(tries);
      show(away);
      expect(asked()).toBe(tries);
      show(end);
      expect(asked()).toBe(tries + 1);
    }
  });

  it("is asked for again when the server can be reached again", () => {
    const { show, change, become, asked } = setup(side);
    change({ isConnected: true });
    show(end);
    become("loading");
    change({ isConnected: false });
    become("failed");
    expect(asked()).toBe(1);
    change({ isConnected: true });
    expect(asked()).toBe(2);
    become("loading");
    become("failed");
    expect(asked()).toBe(2);
  });
});
