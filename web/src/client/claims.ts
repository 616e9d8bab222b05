import type { Claims } from "./api";
import { asFields } from "./store";

/**
 * Reads what a token says, without judging it: the server does that. A page that is loaded again
 * knows from it at once who is here. Undefined when it is no token of ours.
 */
export function readClaims(token: string): Claims | undefined {
  const claims = asFields(decode(token.split(".")[1] ?? ""));
  const user = asFields(claims?.user);
  if (!claims || !user || typeof claims.exp !== "number" || typeof claims.channel !== "string") return undefined;
  if (typeof user.id !== "string" || typeof user.name !== "string") return undefined;
  return claims as Claims;
}

function decode(part: string): unknown {
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
  } catch {
    return undefined;
  }
}
