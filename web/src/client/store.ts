import { Listeners } from "./listeners";

/** Keeps small JSON values under names, over a reload or longer. It may forget: none of its calls throws. */
export interface Store {
  get(key: string): unknown;
  /** Keeps the value; undefined removes the key. */
  set(key: string, value: unknown): void;
  /** The keys that begin so, in no order. */
  keys(prefix: string): readonly string[];
  /** Calls the listener with each key that another page changed or removed, "" for all. Returns what ends it. */
  watch(listener: (key: string) => void): () => void;
}

/**
 * A store on what the browser keeps: localStorage, or sessionStorage, which is the tab's own. What it
 * does not take, since it is full or forbidden, is kept as long as the page lives.
 */
export function browserStore(open: () => Storage): Store {
  const storage = attempt(open); // a browser may forbid even the look
  const memory = new MemoryStore();
  watchStorage(storage, (key) => memory.forget(key)); // what another page wrote is newer
  const put = (key: string, value: unknown): boolean =>
    attempt(() => {
      storage?.setItem(key, JSON.stringify(value));
      return storage !== undefined;
    }) ?? false;
  return {
    get: (key) => memory.get(key) ?? attempt(() => JSON.parse(storage?.getItem(key) ?? "null") ?? undefined),
    set: (key, value) => {
      const isKept = value !== undefined && put(key, value);
      memory.set(key, isKept ? undefined : value);
      if (value === undefined) attempt(() => storage?.removeItem(key));
    },
    keys: (prefix) => {
      const kept = attempt(() => Object.keys(storage ?? {})) ?? [];
      return [...new Set([...kept.filter((key) => key.startsWith(prefix)), ...memory.keys(prefix)])];
    },
    watch: (listener) => watchStorage(storage, listener),
  };
}

function watchStorage(storage: Storage | undefined, listener: (key: string) => void): () => void {
  if (!storage) return () => {};
  const onStorage = ({ key, storageArea }: StorageEvent): void => {
    if (storageArea === storage) listener(key ?? ""); // null: all was cleared
  };
  window.addEventListener("storage", onStorage);
  return () => window.removeEventListener("storage", onStorage);
}

/** Storage that is full, forbidden or written by someone else makes the page forget, and not fail. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A store that lives as long as the program, for tests and for where there is no browser. */
export class MemoryStore implements Store {
  private readonly values = new Map<string, string>();
  private readonly watchers = new Listeners<[key: string]>();

  get(key: string): unknown {
    const value = this.values.get(key);
    return value === undefined ? undefined : JSON.parse(value);
  }

  set(key: string, value: unknown): void {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, JSON.stringify(value));
  }

  /** Removes the key, or all for "". */
  forget(key: string): void {
    if (key === "") this.values.clear();
    else this.values.delete(key);
  }

  keys(prefix: string): readonly string[] {
    return [...this.values.keys()].filter((key) => key.startsWith(prefix));
  }

  watch(listener: (key: string) => void): () => void {
    return this.watchers.subscribe(listener);
  }

  /** Does what another page would have done. */
  setElsewhere(key: string, value: unknown): void {
    this.set(key, value);
    this.watchers.tell(key);
  }
}

/** The value as an object with fields of any kind, or undefined. */
export function asFields(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
