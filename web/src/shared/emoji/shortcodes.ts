import { shortcodesUrl } from "virtual:emoji-data";

/** An emoji, and the one of its shortcodes that was meant. */
export type NamedEmoji = { readonly emoji: string; readonly code: string };

/** Of two codes that hold what is searched for, the one whose rank is lower is nearer to it. */
const RANKS = [
  (code: string, query: string) => code === query,
  (code: string, query: string) => code.startsWith(query),
  (code: string, query: string) => code.includes(`_${query}`) || code.includes(`-${query}`),
];

/** The names that emoji go by, as in `:smile:`. */
export class Shortcodes {
  private readonly codes: ReadonlyMap<string, readonly string[]>;
  private readonly byCode: ReadonlyMap<string, string>;

  /** Takes emoji in the order of their keyboard, each with its codes in a row. */
  constructor(table: Readonly<Record<string, string>>) {
    this.codes = new Map(Object.entries(table).map(([emoji, row]) => [emoji, row.split(" ")]));
    this.byCode = new Map([...this.codes].flatMap(([emoji, codes]) => codes.map((code) => [code, emoji] as const)));
  }

  /** The emoji of a code, which stands without its colons. */
  emojiOf(code: string): string | undefined {
    return this.byCode.get(code.toLowerCase());
  }

  /** Emoji with a code that has the query at the beginning of one of its words: the nearest first, then the shortest. */
  search(query: string, most: number): readonly NamedEmoji[] {
    const wanted = query.toLowerCase();
    const ranked = RANKS.map((): NamedEmoji[] => []);
    for (const [emoji, codes] of this.codes) {
      const rank = RANKS.findIndex((fits) => codes.some((code) => fits(code, wanted)));
      const [code] = codes.filter((code) => RANKS[rank]?.(code, wanted)).toSorted(byLength);
      if (code !== undefined) ranked[rank]?.push({ emoji, code });
    }
    return ranked.flatMap((found) => found.toSorted((a, b) => byLength(a.code, b.code))).slice(0, most);
  }
}

function byLength(a: string, b: string): number {
  return a.length - b.length;
}

let loaded: Shortcodes | undefined;
let loading: Promise<Shortcodes> | undefined;

/** The shortcodes, if they have been loaded already. */
export function loadedShortcodes(): Shortcodes | undefined {
  return loaded;
}

/** Loads the shortcodes, once for the page. After a failure, which it throws, the next call tries again. */
export function loadShortcodes(): Promise<Shortcodes> {
  loading ??= fetchShortcodes().then(
    (shortcodes) => {
      loaded = shortcodes;
      return shortcodes;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

async function fetchShortcodes(): Promise<Shortcodes> {
  const response = await fetch(shortcodesUrl);
  if (!response.ok) throw new Error(`read shortcodes: status ${response.status}`);
  return new Shortcodes((await response.json()) as Record<string, string>);
}
