import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** The first load has no more JavaScript than this, in bytes as gzip makes of them: a phone waits for each. */
const FIRST_LOAD_BYTES = 180_000;

/** Fails the build when the page would load more JavaScript at first than people are to wait for. */
export function budget(): Plugin {
  return {
    name: "chitchat-budget",
    apply: "build",
    generateBundle(_, bundle) {
      const names = new Set<string>();
      const add = (name: string): void => {
        const chunk = bundle[name];
        if (chunk?.type !== "chunk" || names.has(name)) return;
        names.add(name);
        for (const imported of chunk.imports) add(imported);
      };
      for (const [name, chunk] of Object.entries(bundle)) if (chunk.type === "chunk" && chunk.isEntry) add(name);
      const bytes = [...names].reduce((sum, name) => sum + sizeOf(bundle[name]), 0);
      const report = `the first load is ${bytes} bytes of JavaScript (gzip), of at most ${FIRST_LOAD_BYTES}`;
      if (bytes > FIRST_LOAD_BYTES) this.error(`${report}: load what is not needed at first by import()`);
      this.info(report);
    },
  };
}

function sizeOf(output: unknown): number {
  const { code = "" } = output as { code?: string };
  return gzipSync(code, { level: 9 }).byteLength;
}
