import { type KeyboardEvent, type RefObject, useCallback } from "react";
import type { VirtuosoHandle } from "react-virtuoso";
import { focusRow } from "./focus-row";
import { rowAt, type Timeline } from "./timeline";

export type ListKeys = {
  readonly list: HTMLElement | null;
  readonly virtuoso: RefObject<VirtuosoHandle | null>;
  readonly timeline: Timeline;
  readonly toEnd: () => void;
  readonly release: () => void;
  readonly onEscape: () => void;
};

/**
 * The keys of the list: arrows go from message to message, Home and End to its ends, Enter opens the message's
 * address, Escape leaves. A page up or down is the browser's.
 */
export function useListKeys({ list, virtuoso, timeline, toEnd, release, onEscape }: ListKeys) {
  const goTo = useCallback(
    (index: number, row: HTMLElement | null) => {
      const key = rowAt(timeline, index)?.key;
      if (!list || key === undefined) return;
      if (index < timeline.first + timeline.count - 1) release();
      if (row) row.scrollIntoView({ block: "nearest" });
      else virtuoso.current?.scrollIntoView({ index: index - timeline.first, behavior: "auto" });
      focusRow(list, key);
    },
    [list, virtuoso, timeline, release],
  );

  return useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      if (!list || !(event.target instanceof HTMLElement) || hasModifier(event)) return;
      const { first, count } = timeline;
      switch (event.key) {
        case "ArrowUp":
        case "ArrowDown": {
          const step = event.key === "ArrowUp" ? -1 : 1;
          const from = indexOf(event.target) ?? edgeOf(list, step) - step;
          const index = nextMessage(timeline, from, step);
          if (index !== undefined) goTo(index, rowOf(list, index));
          break;
        }
        case "Home":
          goTo(nextMessage(timeline, first - 1, 1) ?? first, null);
          break;
        case "End":
          toEnd();
          focusRow(list, rowAt(timeline, nextMessage(timeline, first + count, -1) ?? first)?.key ?? "");
          break;
        case "PageUp":
          release();
          return;
        case "Enter":
          if (!event.target.matches("article")) return;
          event.target.querySelector<HTMLElement>("a[data-permalink]")?.click();
          break;
        case "Escape":
          onEscape();
          break;
        default:
          return;
      }
      event.preventDefault();
    },
    [list, timeline, goTo, toEnd, release, onEscape],
  );
}

function hasModifier({ altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return altKey || ctrlKey || metaKey || shiftKey;
}

/** The next message from a row, upwards or downwards; who came and went is passed over. */
function nextMessage(timeline: Timeline, from: number, step: 1 | -1): number | undefined {
  for (let index = from + step; ; index += step) {
    const row = rowAt(timeline, index);
    if (!row) return undefined;
    if (row.kind !== "notes") return index;
  }
}

function indexOf(target: HTMLElement): number | undefined {
  const index = target.closest<HTMLElement>("[data-item-index]")?.dataset.itemIndex;
  return index === undefined ? undefined : Number(index);
}

function rowOf(list: HTMLElement, index: number): HTMLElement | null {
  return list.querySelector(`[data-item-index="${index}"]`);
}

/** The outer row in sight: the last for who goes up, the first for who goes down. */
function edgeOf(list: HTMLElement, step: 1 | -1): number {
  const { top, bottom } = list.getBoundingClientRect();
  const rows = [...list.querySelectorAll<HTMLElement>("[data-item-index]")];
  const inSight = rows.filter((row) => {
    const box = row.getBoundingClientRect();
    return box.bottom > top + 1 && box.top < bottom - 1;
  });
  return Number((step === -1 ? inSight[inSight.length - 1] : inSight[0])?.dataset.itemIndex ?? 0);
}
