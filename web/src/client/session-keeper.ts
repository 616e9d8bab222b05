import { asFields, type Store } from "./store";

const SESSION = "chitchat.session ";

/**
 * A server that takes the token but refuses the socket so often in a row,
 * refuses the session. A browser does not tell; a starting server refuses too.
 */
const REFUSALS_OF_SESSION = 6;

/**
 * The id of the page's session in a channel, kept while the page reloads so that nobody sees a leave and a join.
 * Taking it removes it: a duplicated tab copies the page's store, and two pages must not be one session.
 */
export class SessionKeeper {
  private current: string | undefined;
  private refusals = 0;
  private readonly key: string;

  constructor(
    private readonly store: Store,
    owner: string,
  ) {
    this.key = SESSION + owner;
    this.take();
  }

  id(): string | undefined {
    return this.current;
  }

  set(id: string): void {
    this.current = id;
    this.refusals = 0;
  }

  /** The server refused a socket, though the token is good. */
  refused(): void {
    this.refusals++;
    if (this.refusals >= REFUSALS_OF_SESSION) this.current = undefined;
  }

  forget(): void {
    this.current = undefined;
    this.store.set(this.key, undefined);
  }

  /** Keeps the id while the page is away. Returns what ends it. */
  watch(): () => void {
    if (typeof window === "undefined") return () => {};
    const keep = (): void => this.store.set(this.key, this.current && { id: this.current });
    const take = (): void => this.take();
    window.addEventListener("pagehide", keep);
    window.addEventListener("pageshow", take);
    return () => {
      window.removeEventListener("pagehide", keep);
      window.removeEventListener("pageshow", take);
    };
  }

  private take(): void {
    const id = asFields(this.store.get(this.key))?.id;
    this.store.set(this.key, undefined);
    if (typeof id === "string") this.current = id;
  }
}
