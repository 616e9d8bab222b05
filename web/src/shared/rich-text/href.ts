const ALLOWED = /^(?:https?:\/\/|mailto:)[^\s\p{Cc}]+$/iu;

/** The address as a link may have it: of a web page or for mail, and nothing else. */
export function hrefOf(url: string): string | undefined {
  return ALLOWED.test(url) && URL.canParse(url) ? url : undefined;
}

const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Whether a person sees the label, and is not told by it that the link leads to another host than it does. */
export function isHonest(label: string, href: string): boolean {
  if (!VISIBLE.test(label)) return false;
  const address = /^[\s\p{Cf}]*(?:https?:\/\/|www\.)\S+/iu.exec(label)?.[0].replace(/[\s\p{Cf}]/gu, "");
  return address === undefined || hostOf(/^www\./i.test(address) ? `http://${address}` : address) === hostOf(href);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
