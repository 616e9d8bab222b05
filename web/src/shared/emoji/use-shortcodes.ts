import { useEffect, useState } from "react";
import { loadedShortcodes, loadShortcodes, type Shortcodes } from "./shortcodes";

/**
 * The shortcodes, which are loaded when they are first wanted. Where they cannot be had, what is written
 * stays as it is, and the next one who wants them tries again.
 */
export function useShortcodes(wanted: boolean): Shortcodes | undefined {
  const [shortcodes, setShortcodes] = useState(loadedShortcodes);
  const isMissing = wanted && shortcodes === undefined;
  useEffect(() => {
    if (!isMissing) return;
    let isCurrent = true;
    loadShortcodes().then(
      (loaded) => isCurrent && setShortcodes(loaded),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [isMissing]);
  return shortcodes;
}
