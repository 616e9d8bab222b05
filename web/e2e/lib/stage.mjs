import assert from "node:assert/strict";
import { launchBrowser, watchFaults } from "../../test/browser.mjs";
import { PATIENCE_MS } from "./steps.mjs";

/** Makes the channels other ones each time, so that a subject can be played again on the same server. */
const START = Date.now().toString(36);

/** A screen on a desk. Tests that say nothing else have it. */
const DESK = { width: 1280, height: 800 };

/** Where one subject is played: a browser, a server, and everything that went wrong on any page of it. */
export class Stage {
  #contexts = [];
  #faults = [];

  /** @param channel The subject's own channel, as several share a server. */
  constructor(browser, url, channel) {
    this.browser = browser;
    this.url = url;
    this.channel = channel;
  }

  /** Another browser, as of another person or device. */
  async browserOf(options = {}) {
    const context = await this.browser.newContext({ viewport: DESK, reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    this.#contexts.push(context);
    return context;
  }

  /** A page, in a browser of its own if none is given, that is at `path`. */
  async page(path = "/", { context, ...options } = {}) {
    const page = await (context ?? (await this.browserOf(options))).newPage();
    this.#faults.push(await watchFaults(page));
    await page.goto(this.url + path);
    return page;
  }

  faults() {
    return this.#faults.flat();
  }

  /** Pictures of all pages, for who wants to see where a subject ended. */
  async pictures(name) {
    const pages = this.#contexts.flatMap((context) => context.pages());
    for (const [i, page] of pages.entries()) {
      await page.screenshot({ path: `${name}-${i}.png` }).catch((error) => console.log(`no picture: ${error.message}`));
    }
  }

  async close() {
    for (const context of this.#contexts) await context.close();
  }
}

/** Plays the subjects one after the other in one browser. Each is said when it is over; all that fail are told at the end. */
export async function play(url, subjects) {
  const browser = await launchBrowser();
  const failed = [];
  try {
    for (const [name, run] of subjects) {
      const stage = new Stage(browser, url, `${name}-${START}`);
      const begin = performance.now();
      try {
        await run(stage);
        assert.deepEqual(stage.faults(), [], "faults of its pages");
        console.log(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
      } catch (error) {
        failed.push(name);
        console.log(`${name} FAILED`);
        console.error(`${name}: ${error.stack}\nfaults of its pages: ${JSON.stringify(stage.faults(), undefined, 1)}`);
        if (process.env.E2E_PICTURES) await stage.pictures(`${process.env.E2E_PICTURES}/${name}`);
      } finally {
        await stage.close();
      }
    }
  } finally {
    process.stdin.destroy();
    await browser.close();
  }
  if (failed.length > 0) process.exitCode = 1;
}
