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
  readonly hasOlder: boolean;
  readonly older: PageState;
  readonly onLoadOlder: () => void;
  readonly hasNewer: boolean;
  readonly newer: PageState;
  readonly onLoadNewer: () => void;
};

/** Asks for older and newer pages as the reader comes near them. Returns who is to be told which rows are there. */
export function usePages(pages: Pages): (range: ListRange) => void {
  const { timeline, opensAt, hasOlder, older, onLoadOlder, hasNewer, newer, onLoadNewer } = pages;
  const { generation } = timeline;
  const [shown, setShown] = useState<{ readonly range: ListRange; readonly generation: number }>();
  const range = shown?.generation === generation ? shown.range : undefined; // or it tells of rows that are gone
  const [arrived, setArrived] = useState(generation);
  if (range && arrived !== generation && contains(range, opensAt)) setArrived(generation);
  const known = arrived === generation ? range : undefined;
  const isNearTop = known !== undefined && known.startIndex < timeline.first + NEAR_ROWS;
  const isNearBottom = known !== undefined && known.endIndex >= timeline.first + timeline.count - NEAR_ROWS;

  const wantsOlder = isNearTop && timeline.count > 0 && hasOlder && older === "idle";
  useEffect(() => {
    if (wantsOlder) onLoadOlder();
  }, [wantsOlder, onLoadOlder]);

  const wantsNewer = isNearBottom && timeline.count > 0 && hasNewer && newer === "idle";
  useEffect(() => {
    if (wantsNewer) onLoadNewer();
  }, [wantsNewer, onLoadNewer]);

  return useCallback((range: ListRange) => setShown({ range, generation }), [generation]);
}

function contains({ startIndex, endIndex }: ListRange, index: number): boolean {
  return startIndex <= index && index <= endIndex;
}
