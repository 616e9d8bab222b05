import { useEffect } from "react";
import { channelPath, parseAddress } from "@/shared/address";
import { visits } from "@/shared/visit";

/** Follows links to channels and messages of this server without loading the page again. */
export function useLinks(): void {
  useEffect(() => {
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
  }, []);
}

function follow(event: MouseEvent): void {
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!isPlain || event.defaultPrevented || !(event.target instanceof Element)) return;
  const link = event.target.closest("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
  const address = parseAddress(link);
  if (!address) return;
  event.preventDefault();
  visits.goTo(channelPath(address.channel, address.seq));
}
