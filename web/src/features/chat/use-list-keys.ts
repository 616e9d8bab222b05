import { type KeyboardEvent, type RefObject, useCallback } from "react";
import type { VirtuosoHandle } from "react-virtuoso";
import { leadToRow } from "./lead-to-row";
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
    (index: number) => {
      const key = rowAt(timeline, index)?.key;
      if (!list || key === undefined) return;
      const isLast = index === timeline.first + timeline.count - 1;
      if (!isLast) release();
      const scrollThere = (): void => {
        if (isLast) toEnd();
        else virtuoso.current?.scrollIntoView({ index: index - timeline.first, behavior: "auto" });
      };
      leadToRow({ list, key, block: isLast ? "end" : "nearest", scrollThere });
    },
    [list, virtuoso, timeline, toEnd, release],
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
          if (index !== undefined) goTo(index);
          break;
        }
        case "Home":
          goTo(nextMessage(timeline, first - 1, 1) ?? first);
          break;
        case "End":
          toEnd();
          goTo(nextMessage(timeline, first + count, -1) ?? first);
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
