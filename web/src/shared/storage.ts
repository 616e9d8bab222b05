import { asFields, browserStore, type Store } from "@/client/store";
import { Setting } from "./setting";

const DRAFT = "chitchat.draft ";
const LAST = "chitchat.last";

/** A longer draft, in UTF-16 units, is not kept over a reload: nobody can send it as it is, and a store is small. */
const MAX_DRAFT = 65_536;

/** The drafts of this page: whatever becomes of the stores, going to another channel and back loses none. */
const drafts = new Map<string, string>();

/** The tab's own, and what the browser keeps when the tab is closed. */
const own = browserStore(() => sessionStorage);
const shared = browserStore(() => localStorage);

/** What is being written by a person in a channel, whom `owner` names. The tab's own draft wins over what another tab left. */
export function loadDraft(owner: string): string {
  return drafts.get(owner) ?? draftIn(own, owner) ?? draftIn(shared, owner) ?? "";
}

/** Keeps the draft over a reload and a closed browser. Of two tabs neither takes the other's away. */
export function saveDraft(owner: string, text: string): void {
  drafts.set(owner, text);
  const kept = text.length <= MAX_DRAFT ? text : "";
  const isOurs = draftIn(shared, owner) === draftIn(own, owner);
  own.set(DRAFT + owner, { text: kept });
  if (kept !== "") shared.set(DRAFT + owner, { text: kept });
  else if (isOurs) shared.set(DRAFT + owner, undefined);
}

/** Somebody leaves for good: what they wrote is not for the next one at this screen. A person's id forgets all of theirs. */
export function forgetDrafts(owner: string): void {
  for (const key of [...drafts.keys()]) if (key === owner || key.startsWith(`${owner} `)) drafts.delete(key);
  for (const store of [own, shared]) {
    store.set(DRAFT + owner, undefined);
    for (const key of store.keys(`${DRAFT}${owner} `)) store.set(key, undefined);
  }
}

/** The channel that was looked at last, in this tab or else in another. */
export function loadLastChannel(): string | undefined {
  const name = own.get(LAST) ?? shared.get(LAST);
  return typeof name === "string" ? name : undefined;
}

export function saveLastChannel(name: string): void {
  own.set(LAST, name);
  shared.set(LAST, name);
}

/** Whether the column of people is shown where there is room for it. */
export const peopleColumn = new Setting("chitchat.people", ["shown", "hidden"]);

/** What a person wants to be told of while they look elsewhere. */
export const notificationWish = new Setting("chitchat.notifications", ["off", "mentions", "all"]);

/** public/theme.js reads it before the first paint. */
export const themeChoice = new Setting("chitchat.theme", ["system", "light", "dark"]);

themeChoice.subscribe(() => window.dispatchEvent(new Event("chitchat:theme")));

function draftIn(store: Store, owner: string): string | undefined {
  const text = asFields(store.get(DRAFT + owner))?.text;
  return typeof text === "string" ? text : undefined;
}
