import { Text } from "@chakra-ui/react";
import { useEffect, useState } from "react";
import { dayTitle } from "./rows";
import { rowAt, type Timeline } from "./timeline";
import { useToday } from "./use-today";

/** Looks for the topmost row at a point so far inside the list, in pixels. */
const INSIDE_PX = 12;

export type DayLabelProps = { readonly list: HTMLElement | null; readonly timeline: Timeline };

/** Says of which day the topmost row is, over the list while one reads back. The lines in the list say it to a screen reader. */
export function DayLabel({ list, timeline }: DayLabelProps) {
  const [day, setDay] = useState(Number.NaN);
  const today = useToday();
  useEffect(() => {
    if (!list) return;
    const onScroll = (): void => {
      const index = topmost(list);
      const at = index === undefined ? undefined : rowAt(timeline, index)?.day;
      if (at !== undefined && Number.isFinite(at)) setDay(new Date(at).setHours(0, 0, 0, 0)); // the same all day long
    };
    onScroll();
    list.addEventListener("scroll", onScroll, { passive: true });
    return () => list.removeEventListener("scroll", onScroll);
  }, [list, timeline]);
  if (Number.isNaN(day)) return null;
  return (
    <Text
      aria-hidden
      position="absolute"
      top="2"
      left="50%"
      transform="translateX(-50%)"
      pointerEvents="none"
      textStyle="xs"
      fontWeight="medium"
      color="fg.muted"
      bg="bg.panel"
      borderWidth="1px"
      rounded="full"
      px="3"
      py="0.5"
      shadow="xs"
    >
      {dayTitle(day, today)}
    </Text>
  );
}

function topmost(list: HTMLElement): number | undefined {
  const { left, top } = list.getBoundingClientRect();
  const item = document.elementFromPoint(left + INSIDE_PX, top + INSIDE_PX)?.closest<HTMLElement>("[data-item-index]");
  return item?.dataset.itemIndex === undefined ? undefined : Number(item.dataset.itemIndex);
}
