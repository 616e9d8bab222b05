import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

/** What the page imports to learn where the data is. */
const MODULE = "virtual:emoji-data";
const RESOLVED = `\0${MODULE}`;

/** The server gives all below it an immutable life, so that a path has to change with its content. */
const ASSETS = "assets";

/** Skin tones and hair by themselves: nobody picks these. */
const COMPONENTS_GROUP = 2;

type Skin = { readonly emoji: string; readonly tone?: number | readonly number[] };

/** An entry of emojibase-data, as far as it is read here or by the picker. */
type Entry = {
  readonly emoji: string;
  readonly hexcode: string;
  readonly label: string;
  readonly version: number;
  readonly group?: number;
  readonly subgroup?: number;
  readonly tags?: readonly string[];
  readonly skins?: readonly Skin[];
};

type Codes = Readonly<Record<string, string | readonly string[]>>;

/**
 * Puts the emoji data among the assets of the page: the picker's, in the shape and at the places where
 * frimousse asks for it, and a table of shortcodes. The page finds both through `virtual:emoji-data`.
 */
export function emojiData(): Plugin {
  const { files, emojibaseUrl, shortcodesUrl } = buildFiles();
  return {
    name: "chitchat-emoji-data",
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      return [
        `export const emojibaseUrl = ${JSON.stringify(emojibaseUrl)};`,
        `export const shortcodesUrl = ${JSON.stringify(shortcodesUrl)};`,
      ].join("\n");
    },
    generateBundle() {
      for (const [fileName, source] of files) this.emitFile({ type: "asset", fileName, source });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const source = files.get(new URL(request.url ?? "/", "http://dev").pathname.slice(1));
        if (source === undefined) return next();
        response.setHeader("Content-Type", "application/json").end(source);
      });
    },
  };
}

function buildFiles() {
  const entries = read<readonly Entry[]>("data.json").filter(({ group }) => group !== undefined);
  const pickable = entries.filter(({ group }) => group !== COMPONENTS_GROUP);
  const github = read<Codes>("shortcodes/github.json");
  const data = JSON.stringify(pickable.map((entry) => pickerEntry(entry, codesOf(github, entry))));
  const messages = JSON.stringify(read("messages.json"));
  const shortcodes = JSON.stringify(shortcodeTable(pickable, [github, read<Codes>("shortcodes/emojibase.json")]));

  const folder = `${ASSETS}/emojibase-${hash(data + messages)}`;
  const shortcodesFile = `${ASSETS}/shortcodes-${hash(shortcodes)}.json`;
  return {
    files: new Map([
      [`${folder}/en/data.json`, data],
      [`${folder}/en/messages.json`, messages],
      [shortcodesFile, shortcodes],
    ]),
    emojibaseUrl: `/${folder}`,
    shortcodesUrl: `/${shortcodesFile}`,
  };
}

/** Half of the data is never read. The shortcodes are words to search by, as "tada" and "+1" are. */
function pickerEntry({ emoji, label, version, group, subgroup, tags = [], skins }: Entry, codes: readonly string[]) {
  const tones = skins?.filter(({ tone }) => typeof tone === "number").map(({ emoji, tone }) => ({ emoji, tone }));
  return { emoji, label, version, group, subgroup, tags: [...new Set([...tags, ...codes])], skins: tones };
}

/** The codes of each emoji in a row; where two sets give one code to different emoji, the first set decides. */
function shortcodeTable(entries: readonly Entry[], sets: readonly Codes[]): Record<string, string> {
  const byCode = new Map<string, string>();
  for (const set of sets) {
    for (const entry of entries) {
      for (const code of codesOf(set, entry)) {
        if (!byCode.has(code)) byCode.set(code, entry.emoji);
      }
    }
  }
  const table: Record<string, string> = Object.fromEntries(entries.map(({ emoji }) => [emoji, ""]));
  for (const [code, emoji] of byCode) table[emoji] = table[emoji] ? `${table[emoji]} ${code}` : code;
  return table;
}

function codesOf(set: Codes, { hexcode }: Entry): readonly string[] {
  const codes = set[hexcode] ?? [];
  return typeof codes === "string" ? [codes] : codes;
}

function read<Content>(name: string): Content {
  const path = createRequire(import.meta.url).resolve(`emojibase-data/en/${name}`);
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}

function hash(content: string): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 8);
}
