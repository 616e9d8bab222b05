// 5,000 messages, read back to the first one: by wheel, without a jump, and by keys; then to the newest again. The
// channel "archive" has them: see make-history.mjs.
import assert from "node:assert/strict";
import { fromEnd } from "./lib/list.mjs";
import { frames, log, sees, seesNo, signIn } from "./lib/steps.mjs";

const COUNT = 5_000;
const CHANNEL = "archive";

/** Pages that are made to come late, so that the list stands still while they do. */
const LATE_PAGES = 3;

export async function run(stage) {
  const page = await signIn(stage, "Reader", { channel: CHANNEL });
  await sees(numbered(page, COUNT));
  assert.ok((await fromEnd(page)) <= 1, "it opens at the newest");
  await watchNumbers(page);
  await standsStill(page);
  await readsToTheFirst(page);
  await jumpsToTheLatest(page);
  await isReadByKeys(page);
}

function numbered(page, number) {
  return log(page).getByText(startOf(number));
}

function startOf(number) {
  return new RegExp(`^number ${number}(?!\\d)`);
}

/** Keeps, of each frame, the number of the topmost message in sight, and of all frames which messages were there. */
async function watchNumbers(page) {
  await page.evaluate(() => {
    window.there = new Set();
    window.topmost = [];
    const list = document.querySelector('[role="log"]');
    const look = () => {
      const { top } = list.getBoundingClientRect();
      let first;
      for (const row of list.querySelectorAll("article")) {
        const number = Number(/number (\d+)/.exec(row.textContent)?.[1]);
        window.there.add(number);
        if (row.getBoundingClientRect().bottom > top + 1) first ??= number;
      }
      if (first !== window.topmost.at(-1)) window.topmost.push(first);
      requestAnimationFrame(() => setTimeout(look)); // after the frame: in it the list may yet mend what it finds
    };
    look();
  });
}

/** The row under the eye keeps its place when older ones come above it. */
async function standsStill(page) {
  let letThrough;
  await page.route(/\/messages\?.*before=/, async (route) => {
    await new Promise((go) => {
      letThrough = go;
    });
    await route.continue();
  });
  const loading = page.getByText("Reading older messages…");
  await log(page).hover();
  for (let i = 0; i < LATE_PAGES; i++) {
    while (letThrough === undefined || !(await loading.isVisible())) {
      await page.mouse.wheel(0, -400);
      await frames(page);
    }
    await isSettled(page);
    const before = await placeOfMiddle(page);
    const height = await log(page).evaluate((list) => list.scrollHeight);
    const go = letThrough;
    letThrough = undefined;
    go();
    await page.waitForFunction((height) => document.querySelector('[role="log"]').scrollHeight > height + 500, height);
    await isSettled(page);
    const after = await placeOf(page, before.number);
    const moved = Math.abs(after - before.top);
    assert.ok(moved <= 1, `page ${i + 1} moves number ${before.number} by ${moved} px`);
  }
  const last = letThrough;
  await page.unroute(/\/messages\?.*before=/);
  last?.();
}

/** Waits until nothing moves any more, neither by the wheel nor by rows that get their heights. */
async function isSettled(page) {
  await page.waitForFunction(() => {
    const list = document.querySelector('[role="log"]');
    const now = `${list.scrollTop} ${list.scrollHeight}`;
    window.still = now === window.stillAt ? (window.still ?? 0) + 1 : 0;
    window.stillAt = now;
    return window.still >= 6; // frames
  });
}

async function placeOfMiddle(page) {
  return page.evaluate(() => {
    const list = document.querySelector('[role="log"]').getBoundingClientRect();
    const row = document.elementFromPoint(list.left + list.width / 2, list.top + list.height / 2).closest("article");
    return { number: Number(/number (\d+)/.exec(row.textContent)[1]), top: row.getBoundingClientRect().top };
  });
}

async function placeOf(page, number) {
  const row = log(page)
    .getByRole("article")
    .filter({ has: page.getByText(startOf(number)) });
  return (await row.boundingBox()).y;
}

/** So many rows the list may go back to mend its place when a page comes in the midst of a turn, which moves it by thirty. */
const MENDED_ROWS = 3;

/** A turn of the wheel, in pixels, that passes over no row: it is less than what is made ready above the screen. */
const TURN_PX = 1_000;

async function readsToTheFirst(page) {
  await log(page).hover();
  const beginning = page.getByText("This is where #archive begins.");
  while (!(await beginning.isVisible()) || (await log(page).evaluate((list) => list.scrollTop > 0))) {
    await page.mouse.wheel(0, -TURN_PX);
    await frames(page);
  }
  await sees(numbered(page, 1));
  const { missing, back } = await page.evaluate(
    ({ count, mended }) => {
      const { there, topmost } = window;
      return {
        missing: Array.from({ length: count }, (_, i) => i + 1).filter((number) => !there.has(number)),
        back: topmost.flatMap((number, i) =>
          i > 0 && number > topmost[i - 1] + mended ? [`${topmost[i - 1]} → ${number}`] : [],
        ),
      };
    },
    { count: COUNT, mended: MENDED_ROWS },
  );
  assert.deepEqual(missing, [], "each message was there on the way");
  assert.deepEqual(back, [], "the list went up and only up");
}

async function jumpsToTheLatest(page) {
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await jump.click();
  await sees(numbered(page, COUNT));
  await seesNo(jump);
  await isSettled(page);
  assert.ok((await fromEnd(page)) <= 1, "it is at the end");
}

async function isReadByKeys(page) {
  await log(page).focus();
  for (let i = 0; i < 3; i++) {
    const before = await log(page).evaluate((list) => list.scrollTop);
    await page.keyboard.press("PageUp");
    await page.waitForFunction((before) => document.querySelector('[role="log"]').scrollTop !== before, before);
  }
  await sees(page.getByRole("button", { name: "Jump to latest" }));
  await page.keyboard.press("End");
  await sees(numbered(page, COUNT));
  await isSettled(page);
  assert.ok((await fromEnd(page)) <= 1, "End is the end");
}
