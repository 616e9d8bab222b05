import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

const COMPRESSIBLE = /\.(?:js|css|svg|json)$/;

/** Below this many bytes the headers cost more than compression saves. */
const SMALLEST_BYTES = 512;

/** Writes a .gz and a .br sibling for each script, style, drawing and table of the build. */
export function precompress(): Plugin {
  return {
    name: "chitchat-precompress",
    apply: "build",
    // Only a build that went well comes to this; closeBundle would hide what went wrong.
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const names = await readdir(dir, { recursive: true });
      await Promise.all(names.filter((name) => COMPRESSIBLE.test(name)).map((name) => compress(join(dir, name))));
    },
  };
}

async function compress(path: string): Promise<void> {
  if (!(await stat(path)).isFile()) return;
  const content = await readFile(path);
  if (content.byteLength < SMALLEST_BYTES) return;
  const [gz, br] = await Promise.all([
    deflate(content, { level: 9 }),
    brotli(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.byteLength,
      },
    }),
  ]);
  await Promise.all([writeFile(`${path}.gz`, gz), writeFile(`${path}.br`, br)]);
}
