import { useEffect, useState, useSyncExternalStore } from "react";
import type { Pending } from "@/client/outbox";
import { fromRecords, toRecords } from "@/client/outbox-record";
import { Sender } from "@/client/sender";
import { loadOutbox, saveOutbox } from "@/shared/storage";

/** The messages that wait to be sent, and who sends them. They outlive the page: `owner` names the person and the channel. */
export function useSender(owner: string): { readonly sender: Sender; readonly pending: readonly Pending[] } {
  const [sender] = useState(() => new Sender(fromRecords(loadOutbox(owner))));
  useEffect(() => sender.subscribe(() => saveOutbox(owner, toRecords({ items: sender.items() }))), [owner, sender]);
  return { sender, pending: useSyncExternalStore(sender.subscribe, sender.items) };
}
