import { useCallback, useEffect, useRef } from "react";

/** A line that was silent this long, in milliseconds, is asked whether it is alive. The server's pings do not reach a page. */
const SILENCE_MS = 60_000;

/** It has this long to answer, in milliseconds. */
const ANSWER_MS = 8_000;

type LivenessOptions = {
  readonly open: boolean;
  /** Asks; false when there is no line to ask. */
  readonly probe: () => boolean;
  readonly onDead: () => void;
};

/**
 * Finds out that an open line is dead, as after a sleep or a change of
 * network, where a socket can look open for minutes. Returns what to call when something came.
 */
export function useLiveness({ open, probe, onDead }: LivenessOptions): () => void {
  const heardAt = useRef(0);

  useEffect(() => {
    if (!open) return;
    heardAt.current = Date.now();
    let timer: ReturnType<typeof setTimeout>;
    const ask = (): void => {
      clearTimeout(timer);
      const askedAt = Date.now();
      if (!probe()) return;
      timer = setTimeout(() => (heardAt.current >= askedAt ? watch() : onDead()), ANSWER_MS);
    };
    const watch = (): void => {
      const silent = Date.now() - heardAt.current;
      if (silent >= SILENCE_MS) ask();
      else timer = setTimeout(watch, SILENCE_MS - silent);
    };
    const onVisible = (): void => {
      if (document.visibilityState === "visible") ask();
    };
    watch();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [open, probe, onDead]);

  return useCallback(() => {
    heardAt.current = Date.now();
  }, []);
}
