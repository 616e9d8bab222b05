import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Starts CHROME_BIN, or a Chrome that PATH has. */
export function launchBrowser() {
  const executablePath = process.env.CHROME_BIN ?? findChrome();
  if (!executablePath) throw new Error("no Chrome found: install chromium, or name one in CHROME_BIN");
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    args: ["--disable-background-networking", ...(isRoot ? ["--no-sandbox"] : [])],
  });
}

function findChrome() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Gathers what must not happen on a page: errors, and violations of its policy. A picture that cannot be had is none. */
export async function watchFaults(page) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/^Failed to load resource|WebSocket connection to/.test(text)) faults.push(text);
  });
  await page.exposeFunction("reportViolation", (text) => faults.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  return faults;
}
