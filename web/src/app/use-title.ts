import { useEffect } from "react";
import { texts } from "@/shared/texts";

const ICON = "/favicon.svg";
const ICON_UNREAD = "/favicon-unread.svg";

/** Names the page in the browser: where one is, and how much is unread. */
export function useTitle(channel: string | undefined, unread: string): void {
  useEffect(() => {
    document.title = titleOf(channel, unread);
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const path = unread === "" ? ICON : ICON_UNREAD;
    if (icon?.getAttribute("href") !== path) icon?.setAttribute("href", path);
  }, [channel, unread]);
  useEffect(
    () => () => {
      document.title = texts.product;
      document.querySelector('link[rel="icon"]')?.setAttribute("href", ICON);
    },
    [],
  );
}

/** "(3) #lobby · chitchat", and less where there is less to say. */
function titleOf(channel: string | undefined, unread: string): string {
  const count = unread === "" ? "" : `(${unread}) `;
  return channel === undefined ? `${count}${texts.product}` : `${count}#${channel} · ${texts.product}`;
}
