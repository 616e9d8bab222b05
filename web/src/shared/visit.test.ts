// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { visits } from "./visit";

beforeEach(() => visits.goTo("/", { replace: true }));

it("goes somewhere, and tells of it", () => {
  const listener = vi.fn();
  const end = visits.subscribe(listener);
  const before = visits.state();
  visits.goTo("/c/lobby#m5");
  expect(visits.state()).toMatchObject({ pathname: "/c/lobby", hash: "#m5", panel: undefined });
  expect(visits.state().key).not.toBe(before.key);
  expect(listener).toHaveBeenCalledOnce();
  end();
});

it("is another visit each time, also to the same place", () => {
  visits.goTo("/c/lobby#m5");
  const { key } = visits.state();
  visits.goTo("/c/lobby#m5");
  expect(visits.state().key).toBeGreaterThan(key);
});

it("opens a panel over the same visit, and leaves no trace of it when one goes on from there", () => {
  visits.goTo("/c/lobby");
  const { key } = visits.state();
  const { length } = history;
  visits.openPanel("channels");
  expect(visits.state()).toMatchObject({ pathname: "/c/lobby", key, panel: "channels" });
  visits.openPanel("people");
  expect(visits.state().panel).toBe("people");
  visits.goTo("/c/engineering");
  expect(visits.state()).toMatchObject({ pathname: "/c/engineering", panel: undefined });
  expect(history.length).toBe(length + 1);
});

it("closes a panel by going back, and does nothing where none is open", () => {
  const back = vi.spyOn(history, "back").mockImplementation(() => {});
  visits.closePanel();
  expect(back).not.toHaveBeenCalled();
  visits.openPanel("people");
  visits.closePanel();
  expect(back).toHaveBeenCalledOnce();
});

it("goes back once, however often a panel is closed before the browser is there", () => {
  const back = vi.spyOn(history, "back").mockImplementation(() => {});
  visits.openPanel("people");
  visits.closePanel();
  visits.closePanel();
  expect(back).toHaveBeenCalledOnce();
  window.dispatchEvent(new PopStateEvent("popstate"));
  visits.closePanel();
  expect(back).toHaveBeenCalledTimes(2);
});

it("makes no other entry of the same place", () => {
  visits.goTo("/c/r%C3%B6om");
  const { length } = history;
  visits.goTo("/c/r\u00f6om");
  visits.goTo("/c/r%C3%B6om");
  expect(history.length).toBe(length);
  visits.goTo("/c/r%C3%B6om#m5");
  expect(history.length).toBe(length + 1);
});

it("gives an entry that came without a key one of its own", () => {
  history.replaceState(null, "", "/c/typed");
  window.dispatchEvent(new PopStateEvent("popstate"));
  const { pathname, key } = visits.state();
  expect(pathname).toBe("/c/typed");
  expect(history.state).toEqual({ key });
});
