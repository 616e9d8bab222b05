import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtuosoHandle } from "react-virtuoso";
import { leadToRow } from "./lead-to-row";
import { indexOfSeq, rowAt, type Timeline } from "./timeline";

/** A message stands out for so long after somebody was led to it, in milliseconds. */
const HIGHLIGHT_MS = 2_500;

/** A message to be led to; another `key` is another wish, maybe for the same message. */
export type Target = { readonly seq: number; readonly key: number };

export type Jump = {
  readonly target: Target | undefined;
  readonly timeline: Timeline;
  readonly hasOlder: boolean;
  readonly list: HTMLElement | null;
  readonly virtuoso: RefObject<VirtuosoHandle | null>;
  readonly leave: () => void;
};

/** Where a target is, once it is there: the message itself, or the next one where it is none. */
export function indexOfTarget(timeline: Timeline, target: Target | undefined, hasOlder: boolean): number | undefined {
  const index = target && indexOfSeq(timeline, target.seq);
  const isBeforeAll = hasOlder && index === timeline.first && seqAt(timeline, index) !== target?.seq;
  return isBeforeAll ? undefined : index;
}

/** Leads to a target: puts it in the middle, focuses it, and returns the key of the row that stands out for a moment. */
export function useJump({ target, timeline, hasOlder, list, virtuoso, leave }: Jump): string | undefined {
  const fulfilled = useRef<number>(undefined);
  const [standsOut, setStandsOut] = useState<{ readonly row: string }>();

  useLayoutEffect(() => {
    if (!list?.isConnected || !target || fulfilled.current === target.key) return; // or another list takes its place
    const index = indexOfTarget(timeline, target, hasOlder);
    const row = index === undefined ? undefined : rowAt(timeline, index);
    if (index === undefined || !row) return;
    fulfilled.current = target.key;
    leave();
    const scrollThere = (): void => {
      virtuoso.current?.scrollToIndex({ index: index - timeline.first, align: "center" });
    };
    const standOut = (): void => setStandsOut({ row: row.key });
    leadToRow({ list, key: row.key, block: "center", scrollThere, onThere: standOut });
    standOut(); // and anew, for as long, once it is there
  }, [list, target, timeline, hasOlder, virtuoso, leave]);

  useEffect(() => {
    if (standsOut === undefined) return;
    const timer = setTimeout(() => setStandsOut(undefined), HIGHLIGHT_MS);
    return () => clearTimeout(timer);
  }, [standsOut]);
  return standsOut?.row;
}

function seqAt(timeline: Timeline, index: number): number | undefined {
  const row = rowAt(timeline, index);
  return row?.kind === "message" ? row.message.seq : undefined;
}
