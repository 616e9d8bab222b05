// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { showNotification } from "./permission";

afterEach(() => void vi.unstubAllGlobals());

it("makes itself heard when it takes the place of another of the same channel", () => {
  const made = vi.fn();
  const Fake = class {
    static readonly permission = "granted";
    constructor(...args: unknown[]) {
      made(...args);
    }
  };
  vi.stubGlobal("Notification", Fake);
  vi.stubGlobal("isSecureContext", true);
  showNotification("lobby", "Bob", "hello", () => {});
  expect(made).toHaveBeenCalledExactlyOnceWith(
    "Bob",
    expect.objectContaining({ renotify: true, tag: "chitchat lobby" }),
  );
});
