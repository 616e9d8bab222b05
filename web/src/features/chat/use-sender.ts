import { useState, useSyncExternalStore } from "react";
import type { Pending } from "@/client/outbox";
import { Sender } from "@/client/sender";

/** The messages that wait to be sent, and who sends them. */
export function useSender(): { readonly sender: Sender; readonly pending: readonly Pending[] } {
  const [sender] = useState(() => new Sender());
  return { sender, pending: useSyncExternalStore(sender.subscribe, sender.items) };
}
