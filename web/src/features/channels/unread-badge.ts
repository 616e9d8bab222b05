import { COUNTED, type Unread } from "@/client/unread";

/** The count as it is shown: "" for nothing, "99+" where there are more than are counted. */
export function unreadBadge({ count, more }: Unread): string {
  if (count === 0) return "";
  return more ? `${Math.min(count, COUNTED)}+` : String(count);
}
