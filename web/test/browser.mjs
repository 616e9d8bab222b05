import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The world outside of this machine does not exist for the browser: what the page needs must come from its server. */
const CUT_OFF = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1";

/** Starts CHROME_BIN, or a Chrome that PATH has. */
export function launchBrowser() {
  const executablePath = process.env.CHROME_BIN ?? findChrome();
  if (!executablePath) throw new Error("no Chrome found: install chromium, or name one in CHROME_BIN");
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    args: ["--disable-background-networking", CUT_OFF, ...(isRoot ? ["--no-sandbox"] : [])],
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

/** Where pictures of people come from; the page asks nobody else outside. */
const PICTURES = "https://www.gravatar.com/avatar/";

/**
 * Gathers what must not happen on a page: errors, dialogs, violations of its policy, and requests that leave its
 * server. A picture that cannot be had is no fault.
 */
export async function watchFaults(page) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(`page error: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !/^Failed to load resource|WebSocket connection to/.test(text)) faults.push(text);
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  let origin = "";
  page.on("request", (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) origin ||= asked;
    const isOurs = asked === origin || protocol === "data:" || protocol === "blob:";
    if (!isOurs && !request.url().startsWith(PICTURES)) faults.push(`asks outside: ${request.url()}`);
  });
  await page.exposeFunction("reportViolation", (text) => faults.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  return faults;
}
