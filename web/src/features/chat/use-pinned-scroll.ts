import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

/** So near to the end, in pixels, a reader is taken to be at it. */
const NEAR_PX = 80;

export type PinnedScroll = {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly onScroll: () => void;
  /** Whether the newest row is in sight. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
};

/**
 * Keeps a list where its reader wants it: at the end while they are there, and on the same
 * row when older ones come above. `first` and `last` name its outer rows.
 */
export function usePinnedScroll(first: string | undefined, last: string | undefined): PinnedScroll {
  const ref = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const before = useRef({ first, height: 0 });
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const list = ref.current;
    if (list) list.scrollTop = list.scrollHeight;
  }, []);

  const onScroll = useCallback(() => {
    const list = ref.current;
    if (!list) return;
    pinned.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
    setAtEnd(pinned.current);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new outer row is what moves the list
  useLayoutEffect(() => {
    const list = ref.current;
    if (!list) return;
    if (pinned.current) list.scrollTop = list.scrollHeight;
    else if (before.current.first !== first) list.scrollTop += list.scrollHeight - before.current.height;
    before.current = { first, height: list.scrollHeight };
  }, [first, last]);

  useLayoutEffect(() => {
    const list = ref.current;
    if (!list || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      if (pinned.current) list.scrollTop = list.scrollHeight;
    });
    observer.observe(list); // the keyboard of a phone came or went
    return () => observer.disconnect();
  }, []);

  return { ref, onScroll, atEnd, toEnd };
}
