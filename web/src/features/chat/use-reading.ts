import { useCallback, useEffect } from "react";
import type { Message } from "@/client/messages";
import { useFolded } from "@/shared/use-folded";
import { firstNew, look, type Reading, UNREAD } from "./reading";

export type ReadingOptions = {
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly isLive: boolean;
  readonly isSeen: boolean;
  readonly readTo: number | undefined;
  readonly selfId: string;
  readonly onSeen: (seq: number) => void;
};

/** Follows how far somebody reads, and tells `onSeen`. */
export function useReading(options: ReadingOptions): Pick<Reading, "unseen"> & { newFrom: number | undefined } {
  const { messages, hasOlder, isLive, isSeen, readTo, selfId, onSeen } = options;
  const step = useCallback(
    (before: Reading) => look(before, { messages, isLive, isSeen, readTo, selfId }),
    [messages, isLive, isSeen, readTo, selfId],
  );
  const { newest, seenTo, unseen, mark } = useFolded(UNREAD, step);
  const seen = isLive && isSeen && newest === seenTo ? newest : undefined;
  useEffect(() => {
    if (seen !== undefined) onSeen(seen);
  }, [seen, onSeen]);
  return { unseen, newFrom: firstNew(messages, hasOlder, mark, selfId) };
}
