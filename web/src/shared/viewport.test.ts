// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { followViewport } from "./viewport";

const height = (): string => document.documentElement.style.getPropertyValue("--visible-height");

afterEach(() => void vi.unstubAllGlobals());

it("makes the page as high as what a keyboard leaves of it, and not of what one zooms into", () => {
  const viewport = Object.assign(new EventTarget(), { scale: 1, height: window.innerHeight, offsetTop: 0 });
  vi.stubGlobal("visualViewport", viewport);
  followViewport();
  expect(height()).toBe("");
  const become = (changed: { scale?: number; height?: number }): void => {
    Object.assign(viewport, changed);
    viewport.dispatchEvent(new Event("resize"));
  };
  become({ height: 300 });
  expect(height()).toBe("300px");
  become({ height: 200, scale: 2 });
  expect(height()).toBe("");
  become({ height: window.innerHeight, scale: 1 });
  expect(height()).toBe("");
});
