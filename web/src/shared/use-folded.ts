import { useLayoutEffect, useMemo, useRef } from "react";

/**
 * What `step` makes of its last result, whenever `step` is another function. It is to be pure, and to give the same
 * again when it is given its own result: a render may be thrown away, or done twice.
 */
export function useFolded<State>(initial: State, step: (before: State) => State): State {
  const memory = useRef(initial);
  const state = useMemo(() => step(memory.current), [step]);
  useLayoutEffect(() => {
    memory.current = state;
  }, [state]);
  return state;
}
