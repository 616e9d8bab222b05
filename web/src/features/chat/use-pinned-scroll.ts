import { useCallback, useLayoutEffect, useRef, useState } from "react";

/** So near to the end, in pixels, a reader who goes there is taken to be at it. */
const NEAR_PX = 80;

/** Heights are rounded, and places are not: at the end is so near to it, in pixels. */
const AT_PX = 2;

/** For so long after heights have changed, in milliseconds, it is the list that moves, to mend its place. */
const MENDING_MS = 150;

/** For so long, in milliseconds, a list that is sent elsewhere may still be at its end. */
const TRAVEL_MS = 500;

export type PinnedScroll = {
  /** Takes the element that scrolls; it may come anew. */
  readonly attach: (list: HTMLElement | Window | null) => void;
  readonly list: HTMLElement | null;
  /** Whether the list is at its end and stays there when something comes. */
  readonly atEnd: boolean;
  /** Whether the list is on the page: on a phone something else may stand in its place. */
  readonly isShown: boolean;
  readonly toEnd: () => void;
  /** The reader goes elsewhere, if there is anywhere to go: what comes does not take them back. */
  readonly release: () => void;
  /** The list is sent elsewhere, wherever it is. */
  readonly leave: () => void;
};

/**
 * Keeps a list at its end while its reader is there, whatever grows in it or around it. `last` names its outer row,
 * which is brought in sight. The place of a reader who is not at the end is the virtual list's to keep.
 */
export function usePinnedScroll(last: string | undefined): PinnedScroll {
  const [list, setList] = useState<HTMLElement | null>(null);
  const pinned = useRef(true);
  const shape = useRef({ height: 0, content: 0, top: 0, since: 0 }); // when the list was last looked at
  const [atEnd, setAtEnd] = useState(true);
  const [isShown, setShown] = useState(true);
  const travel = useRef<ReturnType<typeof setTimeout>>(undefined);

  const pin = useCallback((isPinned: boolean) => {
    pinned.current = isPinned;
    setAtEnd(isPinned);
  }, []);

  /** Where the list or what is in it has another height than before, that moved it, and not its reader. */
  const settle = useCallback(
    (of: HTMLElement) => {
      const { clientHeight: height, scrollHeight: content } = of;
      setShown(height > 0);
      if (height === 0) return;
      const was = shape.current;
      const now = performance.now();
      const since = height !== was.height || content !== was.content ? now : was.since;
      const gap = content - height - of.scrollTop;
      if (pinned.current && now - since < MENDING_MS) {
        if (gap >= AT_PX) of.scrollTop = content;
      } else if (travel.current === undefined) {
        const goesDown = of.scrollTop > was.top && content === was.content;
        pin(gap < AT_PX || (gap < NEAR_PX && (pinned.current || goesDown)));
      }
      shape.current = { height, content, top: of.scrollTop, since };
    },
    [pin],
  );

  const toEnd = useCallback(() => {
    clearTimeout(travel.current);
    travel.current = undefined;
    pin(true);
    if (list) list.scrollTop = list.scrollHeight;
  }, [list, pin]);

  const release = useCallback(() => {
    if (list && list.scrollHeight > list.clientHeight) pin(false);
  }, [list, pin]);

  const leave = useCallback(() => {
    pin(false);
    clearTimeout(travel.current);
    travel.current = setTimeout(() => {
      travel.current = undefined;
      if (list) settle(list);
    }, TRAVEL_MS);
  }, [list, pin, settle]);
  useLayoutEffect(() => () => clearTimeout(travel.current), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last row is what is to be seen
  useLayoutEffect(() => {
    if (!list || !pinned.current || list.clientHeight === 0) return;
    list.scrollTop = list.scrollHeight;
  }, [list, last]);

  useLayoutEffect(() => (list ? watch(list, () => settle(list)) : undefined), [list, settle]);
  useLayoutEffect(() => (list ? watchReader(list, release) : undefined), [list, release]);

  const attach = useCallback((of: HTMLElement | Window | null) => {
    setList(of instanceof HTMLElement ? of : null);
  }, []);
  return { attach, list, atEnd, isShown, toEnd, release, leave };
}

/** Tells when the list scrolls, or it or what stands in it has another height. */
function watch(list: HTMLElement, onChange: () => void): () => void {
  const observer = new ResizeObserver(onChange);
  observer.observe(list); // the composer grew, or the keyboard of a phone came
  for (const part of list.firstElementChild?.children ?? []) observer.observe(part); // a row grew
  list.addEventListener("scroll", onChange, { passive: true });
  return () => {
    observer.disconnect();
    list.removeEventListener("scroll", onChange);
  };
}

/** Tells when the reader is about to scroll up, so that no message that comes in the same frame holds them back. */
function watchReader(list: HTMLElement, onLeave: () => void): () => void {
  const onWheel = ({ deltaY, ctrlKey }: WheelEvent): void => {
    if (deltaY < 0 && !ctrlKey) onLeave();
  };
  let touchedAt = 0;
  const onTouchStart = ({ touches }: TouchEvent): void => {
    touchedAt = touches[0]?.clientY ?? 0;
  };
  const onTouchMove = ({ touches }: TouchEvent): void => {
    if ((touches[0]?.clientY ?? 0) > touchedAt) onLeave();
  };
  const onPointerDown = ({ target, offsetX }: PointerEvent): void => {
    if (target === list && offsetX >= list.clientWidth) onLeave(); // the scroll bar
  };
  list.addEventListener("wheel", onWheel, { passive: true });
  list.addEventListener("touchstart", onTouchStart, { passive: true });
  list.addEventListener("touchmove", onTouchMove, { passive: true });
  list.addEventListener("pointerdown", onPointerDown);
  return () => {
    list.removeEventListener("wheel", onWheel);
    list.removeEventListener("touchstart", onTouchStart);
    list.removeEventListener("touchmove", onTouchMove);
    list.removeEventListener("pointerdown", onPointerDown);
  };
}
