import { Listeners } from "@/client/listeners";
import { asFields } from "@/client/store";

/** What opens over the page where it is narrow. */
export type Panel = "channels" | "people";

/** Where the page is in the browser's history. It never changes; going elsewhere makes another one. */
export type Visit = {
  readonly pathname: string;
  readonly hash: string;
  /** Another one for each time that somebody goes somewhere, also to the same place once more. */
  readonly key: number;
  readonly panel: Panel | undefined;
};

/** The browser's history as the page uses it: *back* goes to the channel before, and closes what is open over the page. */
class Visits {
  private readonly changes = new Listeners();
  private current = readVisit();
  private isClosing = false;

  constructor() {
    window.addEventListener("popstate", () => this.update());
  }

  readonly subscribe = this.changes.subscribe;

  readonly state = (): Visit => this.current;

  /** Goes to a path of this page, and to the same one without another entry. What is open over the page closes. */
  readonly goTo = (path: string, { replace = false } = {}): void => {
    const entry = { key: newKey() };
    if (replace || this.current.panel || isHere(path)) history.replaceState(entry, "", path);
    else history.pushState(entry, "", path);
    this.update();
  };

  readonly openPanel = (panel: Panel): void => {
    const { key, panel: open } = this.current;
    if (open) history.replaceState({ key, panel }, "");
    else history.pushState({ key, panel }, "");
    this.update();
  };

  readonly closePanel = (): void => {
    if (!this.current.panel || this.isClosing) return;
    this.isClosing = true; // until the browser is there: once more would leave the channel, too
    history.back();
  };

  private update(): void {
    this.isClosing = false;
    this.current = readVisit();
    this.changes.tell();
  }
}

function isHere(path: string): boolean {
  const { pathname, hash } = new URL(path, location.href);
  return pathname === location.pathname && hash === location.hash;
}

let lastKey = 0;

/** Entries outlive the page, and so must their keys: a clock makes them. */
function newKey(): number {
  lastKey = Math.max(Date.now(), lastKey + 1);
  return lastKey;
}

/** Reads the entry, and gives it a key when it comes from the address bar or a bare link. */
function readVisit(): Visit {
  const { pathname, hash } = location;
  const fields = asFields(history.state);
  const panel = fields?.panel === "channels" || fields?.panel === "people" ? fields.panel : undefined;
  if (typeof fields?.key === "number") return { pathname, hash, key: fields.key, panel };
  const key = newKey();
  history.replaceState({ key }, "");
  return { pathname, hash, key, panel: undefined };
}

/** The page's only one: a browser has one history. */
export const visits = new Visits();
