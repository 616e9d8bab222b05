// What the keys do in the list, and where the focus is.
import assert from "node:assert/strict";
import { calls, FIRST, isAtEnd, isInSight, isStill, message, seen, stage, until, wheel } from "./list-steps.mjs";

/** Every key of the list. */
export async function isUsedByKeys(page, log) {
  await stage(page, (it) => it.fill(400, { hasOlder: true, older: "loading" }));
  await seen(message(log, FIRST + 399));
  const focused = () => page.evaluate(() => document.activeElement.closest("[data-row]")?.dataset.row);
  const isFocused = (seq, when) =>
    until(page, log, `document.activeElement.closest("[data-row]")?.dataset.row === "m${seq}"`, 0, when);
  await log.focus();
  await page.keyboard.press("ArrowUp");
  await isFocused(FIRST + 399, "the last one in sight");
  for (let i = 398; i >= 300; i--) {
    await page.keyboard.press("ArrowUp");
    await isFocused(FIRST + i, "the one above");
    await isInSight(log, FIRST + i);
  }
  await page.keyboard.press("ArrowDown");
  await isFocused(FIRST + 301, "the one below");
  assert.equal(await page.evaluate(() => document.activeElement.tabIndex), -1);
  await page.keyboard.press("Home");
  await isFocused(FIRST, "the first one");
  await isInSight(log, FIRST);
  for (let i = 0; i < 6; i++) {
    const top = await log.evaluate((list) => list.scrollTop);
    await page.keyboard.press("PageDown");
    await until(page, log, `document.querySelector('[role="log"]').scrollTop > ${top + 100}`, 0, "a page down");
  }
  await isStill(log);
  assert.ok(await log.evaluate((list) => list.contains(document.activeElement)), "the keys stay with the list");
  const top = await log.evaluate((list) => list.scrollTop);
  await page.keyboard.press("PageUp");
  await until(page, log, `document.querySelector('[role="log"]').scrollTop < ${top - 100}`, 0, "a page up");
  await page.keyboard.press("End");
  await isFocused(FIRST + 399, "the last one");
  await isAtEnd(page, log, "after End");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), undefined, "the list is one stop");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("ArrowUp");
  assert.ok(await focused());
  await page.keyboard.press("Escape");
  assert.ok(await page.getByLabel("Message", { exact: true }).evaluate((box) => box === document.activeElement));
  assert.equal((await calls(page)).escape, 1);
}

/** Whoever presses a button that goes by that is still in the list. */
export async function leavesFocusInTheList(page, log) {
  await stage(page, (it) => it.fill(100, { hasOlder: true }));
  await seen(message(log, FIRST + 99));
  const press = async (name, heir, when = name) => {
    const button = page.getByRole("button", { name });
    await button.focus();
    await page.keyboard.press("Enter");
    await button.waitFor({ state: "detached" });
    const isHeir = `document.activeElement.matches(${JSON.stringify(heir)})`;
    await until(page, log, isHeir, 0, `${when}: the focus is at ${heir}`);
  };
  await wheel(page, log, -1_500);
  await seen(page.getByRole("button", { name: "Jump to latest" }));
  await press("Jump to latest", '[role="log"]');
  await isAtEnd(page, log, "after the jump");

  await stage(page, (it) => {
    it.write("w1", "mine");
    it.fail("w1");
  });
  await press("Try again", '[data-row="iw1"] article');
  await stage(page, (it) => it.fail("w1"));
  await press("Discard", '[role="log"]');

  await until(page, log, (it) => it.scene.older === "loading", -3_000);
  await until(page, log, () => document.querySelector('[role="log"]').scrollTop === 0, -3_000);
  await stage(page, (it) => it.set({ older: "failed" }));
  await press("Load older messages", '[role="log"]');

  await stage(page, (it) => it.show(500_000, 100, { hasOlder: true, older: "idle", hasNewer: true }));
  await seen(log.getByRole("article"));
  await page.getByRole("button", { name: "Jump to latest" }).focus();
  await page.keyboard.press("Enter");
  assert.equal((await calls(page)).latest, 1);
  await stage(page, (it) => it.fill(100, { hasNewer: false, newer: "idle" }));
  await seen(message(log, FIRST + 99));
  await until(page, log, `document.activeElement.matches('[role="log"]')`, 0, "from the past: the focus");
}
