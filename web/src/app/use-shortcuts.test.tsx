// @vitest-environment happy-dom
import { cleanup, fireEvent, renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Channel } from "@/client/channel";
import { useShortcuts } from "./use-shortcuts";

const channel = (name: string): Channel => ({ name, state: () => ({ unread: { count: 0 } }) }) as Channel;

const setup = () => {
  const [onChannel, onSwitcher] = [vi.fn(), vi.fn()];
  const channels = [channel("a"), channel("b")];
  renderHook(() => useShortcuts({ channels, active: "a", onChannel, onSwitcher }));
  return { onChannel, onSwitcher };
};

afterEach(() => {
  cleanup();
  document.body.innerHTML = "";
});

it.each([
  ["Linux x86_64", { ctrlKey: true }, 1],
  ["Linux x86_64", { metaKey: true }, 0],
  ["MacIntel", { metaKey: true }, 1],
  ["MacIntel", { ctrlKey: true }, 0], // which deletes to the end of the line
])("opens the switcher by the shortcut of %s: %j", (platform, keys, times) => {
  vi.spyOn(navigator, "platform", "get").mockReturnValue(platform);
  const { onSwitcher } = setup();
  fireEvent.keyDown(document.body, { key: "k", ...keys });
  expect(onSwitcher).toHaveBeenCalledTimes(times);
});

it("goes one channel on for one press, however long it is", () => {
  const { onChannel } = setup();
  for (const repeat of [false, true, true])
    fireEvent.keyDown(document.body, { key: "ArrowDown", altKey: true, repeat });
  expect(onChannel).toHaveBeenCalledExactlyOnceWith("b");
});

it.each(["<select></select>", '<input type="datetime-local">'])("leaves its own key to %s", (field) => {
  const { onChannel } = setup();
  document.body.innerHTML = field;
  expect(fireEvent.keyDown(document.body.firstElementChild as Element, { key: "ArrowDown", altKey: true })).toBe(true);
  expect(onChannel).not.toHaveBeenCalled();
});
