import { useEffect } from "react";

/** What Escape ends, from the first that was opened to the one that lies over all others. */
const layers: (() => void)[] = [];

/** Calls `onEscape` when Escape is pressed anywhere, while it is enabled and nothing opened later takes it. It must stay the same function. */
export function useEscape(enabled: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!enabled) return;
    const layer = (): void => onEscape(); // the same function may end two
    layers.push(layer);
    if (layers.length === 1) document.addEventListener("keydown", onKeyDown);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      if (layers.length === 0) document.removeEventListener("keydown", onKeyDown);
    };
  }, [enabled, onEscape]);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
  event.preventDefault();
  layers[layers.length - 1]?.();
}
