import { useSyncExternalStore } from "react";

/** What of the client's objects the page reads: a state that never changes but is replaced, and news of that. */
export type Readable<State> = {
  readonly subscribe: (listener: () => void) => () => void;
  readonly state: () => State;
};

/**
 * A part of a state. The component renders only when that part is another one, so what is selected must be
 * found in the state, or be a string, number or boolean: an object made anew would be another one each time.
 */
export function useStore<State, Part>(store: Readable<State>, select: (state: State) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => select(store.state()));
}
