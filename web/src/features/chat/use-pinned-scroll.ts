import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

/** So near to the end, in pixels, a reader is taken to be at it. */
const NEAR_PX = 80;

export type PinnedScroll = {
  /** The element that scrolls, and the one in it that grows. */
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly contentRef: RefObject<HTMLDivElement | null>;
  readonly onScroll: () => void;
  /** Whether the newest row is in sight. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
};

type Ends = {
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly own: string | undefined;
};

/**
 * Keeps a list where its reader wants it: at the end while they are there, and on the same
 * row when older ones come above. `first` and `last` name its outer rows,
 * `own` what the reader wrote last: writing brings them to the end.
 */
export function usePinnedScroll({ first, last, own }: Ends): PinnedScroll {
  const ref = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const before = useRef({ first, own, height: 0 });
  const shape = useRef({ height: 0, content: 0 }); // when the list was last put in its place
  const [atEnd, setAtEnd] = useState(true);

  const look = useCallback((list: HTMLElement) => {
    pinned.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
    setAtEnd(pinned.current);
  }, []);

  /** Where the list or what is in it has another height than before, that moved it, and not its reader. */
  const settle = useCallback(
    (list: HTMLElement) => {
      const { clientHeight: height, scrollHeight: content } = list;
      if (height === 0) return; // the people stand in its place
      const moved = height !== shape.current.height || content !== shape.current.content;
      shape.current = { height, content };
      if (moved && pinned.current) list.scrollTop = content;
      else look(list);
    },
    [look],
  );

  const toEnd = useCallback(() => {
    const list = ref.current;
    if (!list) return;
    list.scrollTop = list.scrollHeight;
    look(list);
  }, [look]);

  const onScroll = useCallback(() => {
    if (ref.current) settle(ref.current);
  }, [settle]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new outer row is what moves the list
  useLayoutEffect(() => {
    const list = ref.current;
    if (!list) return;
    if (own !== undefined && own !== before.current.own) pinned.current = true;
    if (pinned.current) list.scrollTop = list.scrollHeight;
    else if (before.current.first !== first) list.scrollTop += list.scrollHeight - before.current.height;
    before.current = { first, own, height: list.scrollHeight };
    shape.current = { height: list.clientHeight, content: list.scrollHeight };
  }, [first, last, own]);

  useLayoutEffect(() => {
    const list = ref.current;
    const content = contentRef.current;
    if (!list || !content) return;
    const observer = new ResizeObserver(() => settle(list));
    observer.observe(list); // the composer grew, or the keyboard of a phone came
    observer.observe(content); // a row grew
    return () => observer.disconnect();
  }, [settle]);

  return { ref, contentRef, onScroll, atEnd, toEnd };
}
