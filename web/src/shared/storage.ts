import type { Credentials } from "@/client/api";

/** What is remembered of a person over a reload. The token is absent after leaving; the rest fills the form. */
export type StoredAccount = Credentials & { readonly token?: string };

const ACCOUNT = "chitchat.account";
const SESSION = "chitchat.session";
const OUTBOX = "chitchat.outbox";
const DRAFT = "chitchat.draft";

/** A longer draft, in UTF-16 units, is not kept: nobody can send it as it is. */
const MAX_DRAFT = 16_384;

export function loadAccount(): StoredAccount | undefined {
  const value = read(localStorage, ACCOUNT);
  if (!value) return undefined;
  const { name, email, channel, token } = value;
  if (typeof name !== "string" || typeof email !== "string" || typeof channel !== "string") return undefined;
  return typeof token === "string" ? { name, email, channel, token } : { name, email, channel };
}

export function saveAccount(account: StoredAccount): void {
  write(localStorage, ACCOUNT, account);
}

/** Calls `listener` with what another tab of this browser has made of the account. Returns how to stop. */
export function watchAccount(listener: (account: StoredAccount | undefined) => void): () => void {
  const onStorage = ({ key, storageArea }: StorageEvent): void => {
    const isOurs = key === ACCOUNT || key === null; // null: all was cleared
    if (isOurs && storageArea === localStorage) listener(loadAccount());
  };
  window.addEventListener("storage", onStorage);
  return () => window.removeEventListener("storage", onStorage);
}

/**
 * The tab's session, kept while the page reloads so that nobody sees a leave
 * and a join. Taking it removes it: a duplicated tab copies this storage, and
 * two tabs must not be one session.
 */
export function takeSession(owner: string): string | undefined {
  const value = read(sessionStorage, SESSION);
  write(sessionStorage, SESSION, undefined);
  return value?.owner === owner && typeof value.id === "string" ? value.id : undefined;
}

export function keepSession(owner: string, id: string | undefined): void {
  write(sessionStorage, SESSION, id === undefined ? undefined : { owner, id });
}

/**
 * What waits to be sent and what is being written, of a person in a channel. They are the tab's: of two tabs
 * neither writes over the other's, and what a duplicated tab sends again has the same id.
 */
export function loadOutbox(owner: string): unknown {
  return read(sessionStorage, `${OUTBOX} ${owner}`);
}

/** Takes records; none of them removes the key. */
export function saveOutbox(owner: string, records: readonly unknown[]): void {
  write(sessionStorage, `${OUTBOX} ${owner}`, records.length > 0 ? records : undefined);
}

export function loadDraft(owner: string): string {
  const draft = read(sessionStorage, `${DRAFT} ${owner}`)?.text;
  return typeof draft === "string" ? draft : "";
}

export function saveDraft(owner: string, text: string): void {
  write(sessionStorage, `${DRAFT} ${owner}`, text !== "" && text.length <= MAX_DRAFT ? { text } : undefined);
}

/** Somebody leaves for good: what they wrote and did not send is not for the next one at this screen. */
export function forgetWriting(owner: string): void {
  saveOutbox(owner, []);
  saveDraft(owner, "");
}

function read(storage: Storage, key: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? "null");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // storage is forbidden, or someone else wrote there
  }
}

function write(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === undefined) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the page works, it only forgets.
  }
}
