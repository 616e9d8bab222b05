// Measures how the page feels, and prints it; nothing depends on the figures:  node e2e/feel.mjs URL
// The server has the channel "archive" of make-history.mjs.
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../test/browser.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { Stage } from "./lib/stage.mjs";
import { box, log, sees, signIn } from "./lib/steps.mjs";

const [url] = process.argv.slice(2);
const CHANNEL = "archive";
const RELOADS = 7;
const STREAM = { perSecond: 50, writeMs: 8_000 };

const browser = await launchBrowser();
try {
  const stage = new Stage(browser, url, CHANNEL);
  const page = await signIn(stage, "Reader", { channel: CHANNEL });
  await sizes(page);
  await loadTime(page);
  await frameRate(stage, page);
  console.log("faults:", stage.faults());
} finally {
  await browser.close();
}

/** What a first visit loads, as it comes over the line, and what is there for later. */
async function sizes(page) {
  await sees(log(page).getByRole("article"));
  const loaded = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".js"))
      .map(({ name, encodedBodySize }) => ({ name: name.split("/").at(-1), encodedBodySize })),
  );
  const folder = fileURLToPath(new URL("../dist/assets", import.meta.url));
  const gzipped = (await readdir(folder)).filter((name) => name.endsWith(".js.gz"));
  const index = await (await fetch(url)).text();
  const first = index.match(/assets\/[^"]+\.js/g).map((path) => path.slice("assets/".length));
  for (const name of gzipped.sort()) {
    const { size } = await stat(`${folder}/${name}`);
    const when = first.includes(name.slice(0, -".gz".length)) ? "first load" : "lazy";
    console.log(`${when.padEnd(10)} ${(size / 1000).toFixed(1).padStart(7)} kB gzip  ${name}`);
  }
  for (const { name, encodedBodySize } of loaded) {
    console.log(`over the line ${(encodedBodySize / 1000).toFixed(1).padStart(6)} kB  ${name}`);
  }
}

/** From the navigation's start to the frame in which the newest message is painted, with a sign-in that is kept. */
async function loadTime(page) {
  await page.addInitScript(() => {
    const look = () => {
      const row = document.querySelector('[role="log"] article');
      if (row && getComputedStyle(row).visibility === "visible") {
        requestAnimationFrame(() => {
          window.firstMessageAt = performance.now();
        });
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  const times = [];
  for (let i = 0; i < RELOADS; i++) {
    await page.reload();
    await page.waitForFunction(() => window.firstMessageAt !== undefined);
    times.push(await page.evaluate(() => window.firstMessageAt));
  }
  times.sort((a, b) => a - b);
  const [least, middle, most] = [times[0], times[Math.floor(times.length / 2)], times.at(-1)].map((ms) =>
    ms.toFixed(0),
  );
  console.log(`first message on screen after a reload: median ${middle} ms, ${least} to ${most} ms, of ${RELOADS}`);
}

/** The times between frames, and of tasks that are too long, while one types and many messages come. */
async function frameRate(stage, page) {
  const crowd = await Crowd.gather(stage, CHANNEL);
  await crowd.join("Busy");
  await sees(page.getByRole("button", { name: /^People: 2/ }));
  await report(page, "typing alone");
  await crowd.chatter("Busy", STREAM);
  await sees(log(page).getByText(/of a busy afternoon/));
  await report(page, `typing while ${STREAM.perSecond} messages a second come in`);
  await crowd.hush();
}

async function report(page, what) {
  await page.evaluate(() => {
    window.gaps = [];
    window.long = [];
    let last = performance.now();
    const look = (now) => {
      window.gaps.push(now - last);
      last = now;
      window.looking = requestAnimationFrame(look);
    };
    window.looking = requestAnimationFrame(look);
    window.tasks = new PerformanceObserver((list) =>
      window.long.push(...list.getEntries().map(({ duration }) => duration)),
    );
    window.tasks.observe({ entryTypes: ["longtask"] });
  });
  const keys = 80;
  const begin = performance.now();
  await box(page).pressSequentially("a sentence that is typed meanwhile, letter by letter. ".repeat(2).slice(0, keys), {
    delay: STREAM.writeMs / keys,
  });
  const { gaps, long } = await page.evaluate(() => {
    cancelAnimationFrame(window.looking);
    window.tasks.disconnect();
    return { gaps: window.gaps.slice(1).sort((a, b) => a - b), long: window.long };
  });
  await box(page).fill("");
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const p95 = gaps[Math.floor(gaps.length * 0.95)];
  const seconds = (performance.now() - begin) / 1000;
  console.log(
    `${what}: ${(1000 / mean).toFixed(1)} frames a second for ${seconds.toFixed(0)} s; between frames ${mean.toFixed(1)} ms on average, ` +
      `p95 ${p95.toFixed(1)} ms, longest ${gaps.at(-1).toFixed(0)} ms; ${long.length} tasks over 50 ms, longest ${Math.max(0, ...long).toFixed(0)} ms`,
  );
}
