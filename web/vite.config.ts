import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budget } from "./build/budget.ts";
import { emojiData } from "./build/emoji-data.ts";
import { precompress } from "./build/precompress.ts";

const SERVER = "http://localhost:8080";

export default defineConfig({
  plugins: [react(), emojiData(), precompress(), budget()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    proxy: {
      "/auth": SERVER,
      "/messages": SERVER,
      "/users": SERVER,
      "/channel": { target: SERVER, ws: true },
    },
  },
  build: {
    target: "es2022",
    // A data: URL would need its own line in the content security policy.
    assetsInlineLimit: 0,
    // What may be loaded at first is bounded by budget, and by what it is as gzip.
    chunkSizeWarningLimit: 1_000,
    // The preload polyfill is an inline script; every browser we build for preloads by itself.
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "node", // a test of a component asks for happy-dom in its first line
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
