import { useEffect, useState } from "react";

const SECOND_MS = 1_000;

/** The whole seconds left until a time in milliseconds since 1970, 0 when it is over or there is none. */
export function useCountdown(until: number | undefined): number {
  const [clock, setClock] = useState(() => ({ until, now: Date.now() }));
  if (clock.until !== until) setClock({ until, now: Date.now() }); // before anything is seen
  useEffect(() => {
    if (until === undefined) return;
    const timer = setInterval(() => setClock({ until, now: Date.now() }), SECOND_MS);
    return () => clearInterval(timer);
  }, [until]);
  return until === undefined ? 0 : Math.max(0, Math.ceil((until - clock.now) / SECOND_MS));
}
