const ALLOWED = /^(?:https?:\/\/|mailto:)[^\s\p{Cc}]+$/iu;

/** The address as a link may have it: of a web page or for mail, and nothing else. */
export function hrefOf(url: string): string | undefined {
  return ALLOWED.test(url) && URL.canParse(url) ? url : undefined;
}

const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** What turns the order of letters around, and lets a label read as another address. */
const BIDI = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/u;

/**
 * What reads as an address, wherever it stands: with a scheme or "www.", with a path behind a host, or a host of a usual
 * kind. A name such as "main.go" is none.
 */
const ADDRESS =
  /https?:\/\/[^\s<>()]+|www\.[^\s<>()]+|(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?=[/:?#])[^\s<>()]*|(?:[\p{L}\p{N}-]+\.)+(?:com|org|net|edu|gov|info|biz|io|app|dev|bank|eu|uk|de|fr)(?![\p{L}\p{N}-])/giu;

/** Whether a person sees the label, and is not told by it that the link leads to another host than it does. */
export function isHonest(label: string, href: string): boolean {
  if (!VISIBLE.test(label) || BIDI.test(label)) return false;
  const addresses = label.replace(/\p{Cf}/gu, "").match(ADDRESS) ?? [];
  return addresses.every((address) => isSameHost(/^https?:/i.test(address) ? address : `http://${address}`, href));
}

/** "www." makes no difference to a person. */
function isSameHost(url: string, href: string): boolean {
  return hostOf(url).replace(/^www\./, "") === hostOf(href).replace(/^www\./, "");
}

function hostOf(url: string): string {
  if (!URL.canParse(url)) return "";
  const { protocol, host, pathname } = new URL(url);
  return protocol === "mailto:" ? (pathname.split("@").pop() ?? "") : host;
}
