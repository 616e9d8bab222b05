import type { Message } from "@/client/messages";
import { texts } from "@/shared/texts";

/** No more of a text than this is read out, in characters: it can be read in the list. */
const MOST_SAID = 200;

/** What is said of messages that came together. */
export function announcementOf(messages: readonly Message[]): string {
  const only = messages.length === 1 ? messages[0] : undefined;
  if (!only) return texts.chat.cameTogether(messages.length);
  const characters = [...only.text];
  const text = characters.length > MOST_SAID ? `${characters.slice(0, MOST_SAID).join("")}…` : only.text;
  return texts.chat.came(only.from_user.name, text);
}
