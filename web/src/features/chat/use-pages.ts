import { useCallback, useEffect, useState } from "react";
import type { ListRange } from "react-virtuoso";
import type { PageState } from "@/client/paging";
import type { Timeline } from "./timeline";

/** The next page is asked for when so many rows are left. */
const NEAR_ROWS = 15;

export type Pages = {
  readonly timeline: Timeline;
  /** The row at which the list opens; before that is there, the rows that are there say nothing. */
  readonly opensAt: number;
  /** Whether the server can be reached. A page that failed while it could not is asked for when it can. */
  readonly isConnected?: boolean;
  readonly hasOlder: boolean;
  readonly older: PageState;
  readonly onLoadOlder: () => void;
  readonly hasNewer: boolean;
  readonly newer: PageState;
  readonly onLoadNewer: () => void;
};

/** Asks for older and newer pages as the reader comes near them. Returns who is to be told which rows are there. */
export function usePages(pages: Pages): (range: ListRange) => void {
  const { timeline, opensAt, isConnected = true, hasOlder, older, onLoadOlder, hasNewer, newer, onLoadNewer } = pages;
  const { generation, first, count } = timeline;
  const [shown, setShown] = useState<{ readonly range: ListRange; readonly generation: number }>();
  const range = shown?.generation === generation ? shown.range : undefined; // or it tells of rows that are gone
  const [arrived, setArrived] = useState(generation);
  if (range && arrived !== generation && contains(range, opensAt)) setArrived(generation);
  const known = arrived === generation && count > 0 ? range : undefined;
  const above = known && known.startIndex - first;
  const below = known && first + count - 1 - known.endIndex;
  useNextPage({ left: above, hasMore: hasOlder, state: older, isConnected, onLoad: onLoadOlder });
  useNextPage({ left: below, hasMore: hasNewer, state: newer, isConnected, onLoad: onLoadNewer });
  return useCallback((range: ListRange) => setShown({ range, generation }), [generation]);
}

type NextPage = {
  /** So many rows lie between what is shown and the end; undefined as long as that is not known. */
  readonly left: number | undefined;
  readonly hasMore: boolean;
  readonly state: PageState;
  readonly isConnected: boolean;
  readonly onLoad: () => void;
};

/** Asks for the page behind an end. One that failed is asked for once each time that there is a reason to hope. */
function useNextPage({ left, hasMore, state, isConnected, onLoad }: NextPage): void {
  const [before, setBefore] = useState(state);
  const [isHopeless, setHopeless] = useState(false);
  if (state !== before) {
    setBefore(state);
    setHopeless(state === "failed");
  } else if (isHopeless && (left !== 0 || !isConnected)) setHopeless(false); // one may come to the end, or to the server
  const isNear = left !== undefined && left < NEAR_ROWS;
  const wants = state === "failed" ? left === 0 && isConnected && !isHopeless : isNear && state === "idle";
  useEffect(() => {
    if (wants && hasMore) onLoad();
  }, [wants, hasMore, onLoad]);
}

function contains({ startIndex, endIndex }: ListRange, index: number): boolean {
  return startIndex <= index && index <= endIndex;
}
