// What is done with the page of the list, and seen of it.
import assert from "node:assert/strict";

/** The first message of the stage has this sequence, as in list-page/stage.ts. */
export const FIRST = 1_000_000;

/** Runs `act` on the page with its stage. */
export function stage(page, act) {
  return page.evaluate(`(${act})(window.stage)`);
}

export function calls(page) {
  return page.evaluate(() => window.stage.calls);
}

export function message(log, seq) {
  return log.locator(`[data-row="m${seq}"]`);
}

export async function seen(locator) {
  await locator.first().waitFor({ state: "visible", timeout: 8_000 });
}

export function show(page, isShown) {
  return page.evaluate(
    (on) => document.getElementById("main").style.setProperty("display", on ? "flex" : "none"),
    isShown,
  );
}

export function frames(page, count) {
  return page.evaluate(async (left) => {
    for (let i = 0; i < left; i++) await new Promise(requestAnimationFrame);
  }, count);
}

/** Waits two frames, in which the page may mend it, and no longer. */
export async function isAtEnd(page, log, when) {
  await frames(page, 2);
  const left = await log.evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);
  assert.ok(Math.abs(left) <= 1, `${when}: ${left} px from the end`);
}

export async function wheel(page, log, by) {
  await log.hover();
  await page.mouse.wheel(0, by);
}

/** Waits until the list has not moved for some frames. */
export function isStill(log) {
  return log.evaluate(async (list) => {
    let top = -1;
    for (let same = 0; same < 8; ) {
      await new Promise(requestAnimationFrame);
      same = list.scrollTop === top ? same + 1 : 0;
      top = list.scrollTop;
    }
  });
}

/** Turns the wheel, if at all, until it is true on the page: of the stage, or as it stands there. */
export async function until(page, log, condition, turn, when = String(condition)) {
  if (turn !== 0) await log.hover();
  const test = typeof condition === "string" ? condition : `(${condition})(window.stage)`;
  for (const end = Date.now() + 10_000; !(await page.evaluate(test)); await frames(page, 2)) {
    assert.ok(Date.now() < end, `in time: ${when}`);
    if (turn !== 0) await page.mouse.wheel(0, turn);
  }
}

/** Where the rows in sight stand, by their keys, below the top of the list. */
export function places(log) {
  return log.evaluate((list) => {
    const { top, height } = list.getBoundingClientRect();
    return [...list.querySelectorAll("[data-row]")]
      .map((row) => [row.dataset.row, row.getBoundingClientRect().top - top, row.getBoundingClientRect().bottom - top])
      .filter(([, , bottom]) => bottom > 0)
      .filter(([, begin]) => begin < Math.min(height, 400));
  });
}

/** Those of them that stand elsewhere now; the upper edge of what was cut off is not seen. */
export async function moved(log, before) {
  const now = new Map((await places(log)).map(([key, , bottom]) => [key, bottom]));
  return before
    .map(([key, , bottom]) => [key, (now.get(key) ?? Number.NaN) - bottom])
    .filter(([, by]) => !(Math.abs(by) <= 1));
}

export async function isInSight(log, seq) {
  const [above, below] = await message(log, seq).evaluate((row) => {
    const list = row.closest('[role="log"]').getBoundingClientRect();
    const box = row.querySelector("article").getBoundingClientRect();
    return [box.top - list.top, list.bottom - box.bottom];
  });
  assert.ok(above >= -1 && below >= -1, `${seq} is cut off by ${-above} above, ${-below} below`);
}

export async function isLedTo(page, log, seq, when) {
  const focused = `document.activeElement.closest("[data-row]")?.dataset.row === "m${seq}"`;
  await until(page, log, focused, 0, `${when}: the focus`);
  await message(log, seq).locator('[data-target="true"]').waitFor({ timeout: 2_000 });
  await isStill(log);
  const off = await message(log, seq).evaluate((row) => {
    const list = row.closest('[role="log"]').getBoundingClientRect();
    const box = row.getBoundingClientRect();
    return (box.top + box.bottom - list.top - list.bottom) / 2;
  });
  assert.ok(Math.abs(off) < 60, `${when}: ${off} px from the middle`);
}
