/** The language of texts.ts. */
const LANGUAGE = "en";

const RULES = new Intl.PluralRules(LANGUAGE);
const NUMBERS = new Intl.NumberFormat(LANGUAGE, { useGrouping: false });
const LIST = new Intl.ListFormat(LANGUAGE, { type: "unit" });

/** A text for each number that the language tells apart, with "#" in place of it. */
export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

/** The form that fits the count. */
export function counted(count: number, forms: Forms): string {
  return (forms[RULES.select(count)] ?? forms.other).replace("#", () => NUMBERS.format(count));
}

/** A list as the language writes it, in pieces: what stands between, and each item in its place. */
export function listed<Item>(items: readonly Item[], between: (text: string) => Item): readonly Item[] {
  const parts = LIST.formatToParts(items.map((_, i) => `${i}`));
  return parts.map(({ type, value }) => (type === "element" ? (items[Number(value)] as Item) : between(value)));
}
