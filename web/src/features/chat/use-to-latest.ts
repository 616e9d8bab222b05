import { useCallback, useEffect, useLayoutEffect, useRef } from "react";
import type { MessageListProps } from "./message-list";

/** What the way to the newest message has to know of the list. */
export type ToLatest = Pick<MessageListProps, "pending" | "hasNewer" | "onToLatest" | "onReadingBack"> & {
  /** Whether the list is at its end. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
};

/** The way to the newest message, which writing goes, too. The client is told who is not there. */
export function useToLatest({ pending, hasNewer, onToLatest, onReadingBack, atEnd, toEnd }: ToLatest): () => void {
  const isReadingBack = !atEnd || hasNewer;
  useEffect(() => onReadingBack(isReadingBack), [isReadingBack, onReadingBack]);
  useEffect(() => () => onReadingBack(false), [onReadingBack]); // nobody reads in a list that is gone

  const toLatest = useCallback(() => {
    toEnd();
    if (hasNewer) onToLatest();
  }, [hasNewer, onToLatest, toEnd]);

  const own = pending[pending.length - 1]?.id;
  const before = useRef(pending);
  useLayoutEffect(() => {
    const isWritten = own !== undefined && before.current.every(({ id }) => id !== own); // and not the last that is left
    before.current = pending;
    if (isWritten) toLatest();
  }, [pending, own, toLatest]);
  return toLatest;
}
