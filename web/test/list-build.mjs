// Builds the page of the list into a folder of its own, and serves it under the server's content security policy.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { build } from "vite";
import { startMockServer } from "./mock-server.mjs";

/**
 * Returns the address, and what stops the server and removes the folder. A "development" build is what React's StrictMode
 * needs: it does everything twice there, and nothing in production.
 */
export async function serveListPage(mode = "production") {
  process.env.NODE_ENV = mode; // which decides, and not the mode
  const outDir = await mkdtemp(join(tmpdir(), "chitchat-list-"));
  await build({
    configFile: false,
    mode,
    logLevel: "error",
    root: fileURLToPath(new URL("list-page", import.meta.url)),
    plugins: [react()],
    resolve: { alias: { "@": fileURLToPath(new URL("../src", import.meta.url)) } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 2_000,
    },
  });
  const server = await startMockServer(outDir);
  const stop = async () => {
    server.stop();
    await rm(outDir, { recursive: true });
  };
  return { url: server.url, stop };
}
