import type { Credentials } from "./api";
import { runeCount } from "./text-rules";

export type CredentialName = keyof Credentials;

const MAX_NAME_RUNES = 100;
const CONTROL = /\p{Cc}/u;

/** Loose on purpose: what an address is, the server knows. */
const EMAIL = /^[^\p{Cc}]+@[^\p{Cc}\s]+$/u;
const CHANNEL = /^[\p{L}\p{M}\p{Nd}_-]{1,64}$/u;

/** The fields that the server would surely refuse, all of them; it names but one at a time. */
export function faultyFields({ name, email, channel }: Credentials): readonly CredentialName[] {
  const faults: readonly [CredentialName, boolean][] = [
    ["name", name.trim() === "" || runeCount(name.trim()) > MAX_NAME_RUNES || CONTROL.test(name.trim())],
    ["email", email.trim() !== "" && !EMAIL.test(email.trim())],
    ["channel", !CHANNEL.test(channel.normalize("NFC").toLowerCase().normalize("NFC"))],
  ];
  return faults.filter(([, isFaulty]) => isFaulty).map(([field]) => field);
}
