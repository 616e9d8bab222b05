// @vitest-environment happy-dom
import { act } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { renderOnPage } from "@/shared/testing";
import { DayLine, dayTitle } from "./rows";

/** Goes to a place and a time there; the zone of a process may be changed while it runs. */
function goTo(zone: string, time: string): void {
  vi.stubEnv("TZ", zone);
  vi.setSystemTime(new Date(time));
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const startOf = (time: string): number => new Date(time).setHours(0, 0, 0, 0);

describe("dayTitle", () => {
  it.each<[zone: string, day: string, today: string, want: string]>([
    ["UTC", "2026-03-10T12:00", "2026-03-10T00:30", "Today"],
    ["UTC", "2026-02-28T12:00", "2026-03-01T00:30", "Yesterday"],
    ["Europe/Berlin", "2026-03-28T12:00", "2026-03-29T23:30", "Yesterday"], // 23 hours long
    ["Europe/Berlin", "2026-03-29T12:00", "2026-03-30T00:30", "Yesterday"],
    ["Europe/Berlin", "2026-10-24T12:00", "2026-10-25T23:30", "Yesterday"], // 25 hours long
    ["Europe/Berlin", "2026-10-25T00:30", "2026-10-26T00:30", "Yesterday"],
  ])("calls, in %s, %s on %s: %s", (zone, day, today, want) => {
    goTo(zone, "2026-01-01T12:00");
    expect(dayTitle(new Date(day).getTime(), startOf(today))).toBe(want);
  });

  it("calls no other day so", () => {
    goTo("Europe/Berlin", "2026-01-01T12:00");
    const title = dayTitle(new Date("2026-03-28T12:00").getTime(), startOf("2026-03-30T00:30"));
    expect(title).not.toMatch(/Today|Yesterday/);
  });
});

describe("DayLine", () => {
  const setup = (zone: string, time: string) => {
    goTo(zone, time);
    const { getByRole, unmount } = renderOnPage(<DayLine at={new Date(time).getTime()} />);
    const name = () => getByRole("separator").getAttribute("aria-label");
    return { name, unmount };
  };
  const pass = (ms: number): void => act(() => void vi.advanceTimersByTime(ms));

  it.each([
    ["UTC", "2026-03-10T23:59:59"],
    ["Europe/Berlin", "2026-03-29T23:59:59"],
  ])("turns at midnight, in %s on %s", (zone, time) => {
    const { name, unmount } = setup(zone, time);
    pass(999);
    expect(name()).toBe("Today");
    pass(1);
    expect(name()).toBe("Yesterday");
    pass(24 * 3_600_000);
    expect(name()).not.toMatch(/Today|Yesterday/);
    unmount();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("turns when one comes back to a page that slept over midnight", () => {
    const { name } = setup("UTC", "2026-03-10T20:00:00");
    vi.setSystemTime(new Date("2026-03-11T08:00:00")); // no timer ran
    act(() => void document.dispatchEvent(new Event("visibilitychange")));
    expect(name()).toBe("Yesterday");
  });
});
