// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useCountdown } from "./use-countdown";

afterEach(() => void vi.useRealTimers());

it("counts from now, however long ago it began, from the first picture on", () => {
  vi.useFakeTimers();
  const shown: number[] = [];
  const { rerender } = renderHook(
    ({ until }) => {
      const seconds = useCountdown(until);
      shown.push(seconds);
      return seconds;
    },
    { initialProps: { until: undefined as number | undefined } },
  );
  vi.setSystemTime(Date.now() + 3_600_000);
  rerender({ until: Date.now() + 4_900 });
  expect(shown.filter((seconds) => seconds !== 0).at(-1)).toBe(5);
  expect(Math.max(...shown.slice(-1))).toBe(5);
});
