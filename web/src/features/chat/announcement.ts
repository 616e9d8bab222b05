import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import { texts } from "@/shared/texts";

const words = texts.chat;

/** No more of a text than this is read out, in characters: it can be read in the list. */
const MOST_SAID = 200;

/** What is said of messages that came together. */
export function announcementOf(messages: readonly Message[]): string {
  const only = messages.length === 1 ? messages[0] : undefined;
  return only ? words.came(only.from_user.name, beginningOf(only.text)) : words.cameTogether(messages.length);
}

/** What is said of messages that were not sent. */
export function failureOf(items: readonly Pending[]): string {
  const only = items.length === 1 ? items[0] : undefined;
  return only ? words.failed(whyNotSent(only), beginningOf(only.text)) : words.failedTogether(items.length);
}

/** That a message was not sent, and why. The server gives no reason where it closed the connection, or was not asked. */
export function whyNotSent({ reason }: Pending): string {
  return `${words.notSent} ${reason || words.noReason}`;
}

function beginningOf(text: string): string {
  const characters = [...text];
  return characters.length > MOST_SAID ? `${characters.slice(0, MOST_SAID).join("")}…` : text;
}
