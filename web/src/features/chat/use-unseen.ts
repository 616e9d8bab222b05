import { useState } from "react";
import type { Message } from "@/client/messages";

/** How many messages of others have come since the reader left the end of the list. */
export function useUnseen(messages: readonly Message[], atEnd: boolean, selfId: string): number {
  const newest = messages[messages.length - 1]?.seq ?? 0;
  const [seen, setSeen] = useState(newest);
  if (atEnd && seen !== newest) setSeen(newest);
  return atEnd ? 0 : countAfter(messages, seen, selfId);
}

function countAfter(messages: readonly Message[], seq: number, selfId: string): number {
  const seen = messages.findLastIndex((message) => message.seq <= seq);
  return messages.slice(seen + 1).filter((message) => message.from_user.id !== selfId).length;
}
