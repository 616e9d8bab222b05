import { useCallback, useEffect, useState } from "react";

/** Something that is loaded when it is needed, or why it is not there. */
export type Loaded<Value> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly again: () => void }
  | { readonly state: "ready"; readonly value: Value };

/** Loads something lazily without giving up: a failure can be tried again, where React.lazy would keep it. `load` must stay the same. */
export function useLoaded<Value>(load: (signal: AbortSignal) => Promise<Value>): Loaded<Value> {
  const [attempt, setAttempt] = useState(0);
  const [outcome, setOutcome] = useState<{ attempt: number; value?: Value }>();
  useEffect(() => {
    const stopped = new AbortController();
    load(stopped.signal).then(
      (value) => !stopped.signal.aborted && setOutcome({ attempt, value }),
      () => !stopped.signal.aborted && setOutcome({ attempt }),
    );
    return () => stopped.abort();
  }, [attempt, load]);
  const again = useCallback(() => setAttempt((attempt) => attempt + 1), []);
  if (outcome?.attempt !== attempt) return { state: "loading" };
  return outcome.value === undefined ? { state: "failed", again } : { state: "ready", value: outcome.value };
}
