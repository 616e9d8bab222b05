import { useCallback, useSyncExternalStore } from "react";

/** Where the columns stand above each other; it is the theme's breakpoint md. */
export const NARROW = "(max-width: 47.99rem)";

/** Whether the media query holds, as it does now and later. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
