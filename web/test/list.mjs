// Shows the message list by itself, in a real browser, and moves it as readers, servers and screens do; a virtual
// list renders nothing elsewhere:  node test/list.mjs
// A name of a case as an argument runs that one alone; "measure" prints how smooth 100,000 messages are instead: figures
// to look at, which no test may depend on.
import assert from "node:assert/strict";
import { launchBrowser, watchFaults } from "./browser.mjs";
import { serveListPage } from "./list-build.mjs";
import { isUsedByKeys, leavesFocusInTheList } from "./list-keys.mjs";
import { measure } from "./list-measure.mjs";
import {
  calls,
  FIRST,
  frames,
  isAtEnd,
  isLedTo,
  isStill,
  message,
  moved,
  places,
  seen,
  show,
  stage,
  until,
  wheel,
} from "./list-steps.mjs";

const PHONE = { width: 390, height: 780 };
const CASES = [
  opensAtTheEnd,
  staysAtTheEnd,
  staysPutWhileReadingBack,
  letsGoOfTheEndWhileManyCome,
  loadsOlderWithoutAJump,
  triesAgainWhatFailed,
  bearsOlderOnesGoing,
  keepsTheRowOfAnOwnMessage,
  showsWhereTheUnreadBegins,
  leadsToAMessage,
  endsAWindowIntoThePast,
  isUsedByKeys,
  leavesFocusInTheList,
  says,
];

const wish = process.argv[2];
const served = await serveListPage("production");
const strict = await serveListPage("development");
const browser = await launchBrowser();
try {
  if (wish === "measure") console.log(await measure(browser, served.url));
  else await runAll(CASES.filter(({ name }) => !wish || name === wish));
} finally {
  await browser.close();
  await served.stop();
  await strict.stop();
}

async function runAll(cases) {
  for (const test of cases) {
    await run(test, served.url);
    await run(test, `${strict.url}/#strict`);
  }
  console.log(`list: ${cases.length} cases hold; no page error, no policy violation`);
}

async function run(test, url) {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  const faults = await watchFaults(page);
  await page.goto(url);
  const log = page.getByRole("log", { name: "Messages in lobby" });
  await log.waitFor();
  try {
    await test(page, log);
    assert.deepEqual(faults, []);
  } catch (error) {
    error.message = `${test.name} on ${url}: ${error.message}`;
    throw error;
  } finally {
    await context.close();
  }
}

async function opensAtTheEnd(page, log) {
  await stage(page, (it) => it.set({ isReading: true }));
  assert.equal(await log.getAttribute("aria-busy"), "true");
  await stage(page, (it) => it.fill(300, { hasOlder: true, isReading: false }));
  await seen(message(log, FIRST + 299));
  await isAtEnd(page, log, "at the start");
  const { older, seen: seqs } = await calls(page);
  assert.equal(older, 0, "who is at the end needs no older ones");
  assert.equal(seqs.at(-1), FIRST + 299, "the newest is seen");
  assert.ok((await log.getByRole("article").count()) < 80, "no more is rendered than is to be seen");
  await stage(page, (it) => it.fill(3, { hasOlder: false }));
  await seen(page.getByText("This is where #lobby begins."));
  await isAtEnd(page, log, "with three messages");
}

/** Who is at the end stays there whatever grows around the list. */
async function staysAtTheEnd(page, log) {
  await stage(page, (it) => it.fill(300));
  await seen(message(log, FIRST + 299));
  const box = page.getByLabel("Message", { exact: true });
  await box.evaluate((it) => it.style.setProperty("height", "300px"));
  await isAtEnd(page, log, "with a high composer");
  await box.evaluate((it) => it.style.removeProperty("height"));
  await isAtEnd(page, log, "with a low one");
  await page.setViewportSize({ ...PHONE, height: 400 });
  await isAtEnd(page, log, "with a keyboard");
  await page.setViewportSize({ width: 900, height: 500 });
  await isAtEnd(page, log, "with other lines");
  await page.setViewportSize(PHONE);
  await isAtEnd(page, log, "without a keyboard");
  await stage(page, (it) => it.come(1));
  await isAtEnd(page, log, "when one comes");
  await stage(page, (it) => it.come(200));
  await seen(message(log, FIRST + 500));
  await isAtEnd(page, log, "when many come");
  await show(page, false);
  await stage(page, (it) => it.come(40));
  await frames(page, 3);
  await show(page, true);
  await seen(message(log, FIRST + 540));
  await isAtEnd(page, log, "when it was hidden");
  await log.evaluate((list) => {
    list.scrollTop -= 10;
    document.querySelector("header").style.minHeight = "300px";
  });
  await isAtEnd(page, log, "when a scroll and a lower list come in one frame");
  await stage(page, (it) => {
    it.write("w1", "mine");
    it.fail("w1");
  });
  await seen(log.getByRole("button", { name: "Discard" }));
  await isAtEnd(page, log, "when the last row grows");
}

async function staysPutWhileReadingBack(page, log) {
  await stage(page, (it) => it.fill(300));
  await seen(message(log, FIRST + 299));
  await wheel(page, log, -1_500);
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await seen(jump);
  await isStill(log);
  const before = await places(log);
  await stage(page, (it) => it.come(3));
  await seen(page.getByRole("button", { name: "3 new messages · Jump to latest" }));
  await stage(page, (it) => it.come(200));
  await seen(page.getByRole("button", { name: "203 new messages · Jump to latest" }));
  await page.setViewportSize({ ...PHONE, height: 500 });
  await frames(page, 3);
  assert.deepEqual(await moved(log, before), [], "who reads stays where they read");
  await show(page, false);
  await stage(page, (it) => it.come(3));
  await frames(page, 3);
  await show(page, true);
  await frames(page, 3);
  assert.deepEqual(await moved(log, before), [], "and when the list was hidden");
  assert.deepEqual((await calls(page)).seen.at(-1), FIRST + 299, "what came is not seen");
  await jump.click();
  await seen(message(log, FIRST + 505));
  await isAtEnd(page, log, "after the jump");
  await jump.waitFor({ state: "detached" });
  assert.deepEqual((await calls(page)).readingBack, [false, true, false]);
  assert.equal((await calls(page)).seen.at(-1), FIRST + 505);

  await wheel(page, log, -1_500);
  await seen(jump);
  await stage(page, (it) => it.write("w1", "written far from the end"));
  await seen(log.getByText("written far from the end"));
  await isAtEnd(page, log, "after writing");

  await stage(page, (it) => {
    it.fail("w1");
    it.write("w2", "written while w1 has failed");
  });
  await isAtEnd(page, log, "after writing more");
  await wheel(page, log, -1_500);
  await seen(jump);
  await isStill(log);
  const there = await places(log);
  await stage(page, (it) => it.land("w2"));
  await frames(page, 3);
  assert.deepEqual(await moved(log, there), [], "who reads stays where they read when an own message lands");
}

/** Nobody is held at the end of a list in which messages come all the time. */
async function letsGoOfTheEndWhileManyCome(page, log) {
  await stage(page, (it) => it.fill(300));
  await seen(message(log, FIRST + 299));
  await page.evaluate(() => {
    window.flood = setInterval(() => window.stage.come(1), 20);
  });
  await log.hover();
  for (let i = 0; i < 8; i++) {
    await page.mouse.wheel(0, -40);
    await frames(page, 2);
  }
  await seen(page.getByRole("button", { name: "Jump to latest" }));
  await isStill(log);
  const before = await places(log);
  await frames(page, 30);
  assert.deepEqual(await moved(log, before), []);
  await page.evaluate(() => clearInterval(window.flood));
}

async function loadsOlderWithoutAJump(page, log) {
  await stage(page, (it) => it.fill(100, { hasOlder: true }));
  await seen(message(log, FIRST + 99));
  for (let loaded = 0; loaded < 3; loaded++) {
    await until(page, log, (it) => it.scene.older === "loading", -400);
    await isStill(log);
    const before = await places(log);
    await stage(page, (it) => it.prepend(100));
    await frames(page, 4);
    assert.deepEqual(await moved(log, before), [], `page ${loaded}`);
  }
  assert.equal((await calls(page)).older, 3, "each page is asked for once");

  await until(page, log, (it) => it.scene.older === "loading", -3_000);
  await until(page, log, () => document.querySelector('[role="log"]').scrollTop === 0, -3_000);
  const before = (await places(log)).slice(1); // the first one loses its day and its name
  await stage(page, (it) => it.prepend(100, { hasOlder: false }));
  await frames(page, 4);
  assert.deepEqual(await moved(log, before), [], "at the very top");
}

async function triesAgainWhatFailed(page, log) {
  await stage(page, (it) => it.fill(100, { hasOlder: true }));
  await seen(message(log, FIRST + 99));
  const button = page.getByRole("button", { name: "Load older messages" });
  const fails = async (asked, when) => {
    await until(page, log, () => document.querySelector('[role="log"]').scrollTop === 0, -3_000);
    await until(page, log, (it) => it.scene.older === "loading", 0, when);
    await stage(page, (it) => it.set({ older: "failed" }));
    await seen(button);
    await isStill(log);
    assert.equal((await calls(page)).older, asked, `${when}, and not on and on`);
  };
  await fails(1, "as one comes near");
  await wheel(page, log, 3_000);
  await isStill(log);
  await fails(2, "as one comes back");
  await button.click();
  await fails(3, "as one wishes");
  await stage(page, (it) => it.set({ isConnected: false }));
  await frames(page, 3);
  await stage(page, (it) => it.set({ isConnected: true }));
  await fails(4, "as the server is there again");
}

async function bearsOlderOnesGoing(page, log) {
  await stage(page, (it) => it.fill(2_000));
  await seen(message(log, FIRST + 1_999));
  await stage(page, (it) => it.trim(1_000));
  await isAtEnd(page, log, "when 1,000 went");
  await stage(page, (it) => {
    it.come(1);
    it.trim(1);
  });
  await isAtEnd(page, log, "when one came and one went");
  await seen(message(log, FIRST + 2_000));
  await stage(page, (it) => it.prepend(100));
  await isAtEnd(page, log, "when they come back");
}

async function keepsTheRowOfAnOwnMessage(page, log) {
  await stage(page, (it) => it.fill(50));
  await stage(page, (it) => {
    it.write("w1", "mine");
    it.write("w2", "mine, too");
  });
  const row = log.locator('[data-row="iw1"]');
  await seen(row.getByText("Sending…"));
  const element = await row.elementHandle();
  await stage(page, (it) => {
    it.come(1);
    it.land("w1");
  });
  await row.getByText("Sending…").waitFor({ state: "detached" });
  assert.ok(await row.evaluate((it, before) => it === before, element), "the element is the same");
  const texts = await log.getByRole("article").allInnerTexts();
  assert.ok(
    /^\d+ /m.test(texts.at(-3)) && /mine$/m.test(texts.at(-2)) && /mine, too/.test(texts.at(-1)),
    texts.slice(-3),
  );
}

async function showsWhereTheUnreadBegins(page, log) {
  await stage(page, (it) => it.fill(60, { readTo: 1_000_049 }));
  await seen(message(log, FIRST + 59));
  const line = log.getByRole("separator", { name: "New messages begin here" });
  await line.waitFor({ state: "attached" });
  const first = await line.evaluate((it) => it.parentElement.dataset.row);
  assert.equal(first, `m${FIRST + 50}`);
  await stage(page, (it) => it.come(2));
  await seen(message(log, FIRST + 61));
  assert.equal(await line.count(), 1, "the line stays");

  await stage(page, (it) => it.fill(60, { readTo: 1_000_059 }));
  await page.reload();
  await stage(page, (it) => it.fill(60, { readTo: 1_000_059 }));
  await stage(page, (it) => it.come(2));
  await seen(message(log, FIRST + 61));
  assert.equal(await line.count(), 0, "what comes before one's eyes is not unread");
  await wheel(page, log, -600);
  await seen(page.getByRole("button", { name: "Jump to latest" }));
  await stage(page, (it) => it.come(2));
  await page.getByRole("button", { name: "2 new messages · Jump to latest" }).click();
  await line.waitFor({ state: "attached" });
  assert.equal(await line.evaluate((it) => it.parentElement.dataset.row), `m${FIRST + 62}`);
}

async function leadsToAMessage(page, log) {
  await stage(page, (it) => it.fill(3_000, { hasOlder: true, target: { seq: 1_000_700, key: 1 } }));
  await isLedTo(page, log, FIRST + 700, "as it opens");
  await stage(page, (it) => it.come(3));
  await stage(page, (it) => it.set({ target: { seq: 1_002_100, key: 2 } }));
  await isLedTo(page, log, FIRST + 2_100, "far away");
  await stage(page, (it) => it.set({ target: { seq: 1_002_102, key: 3 } }));
  await isLedTo(page, log, FIRST + 2_102, "near by");
  await wheel(page, log, -600);
  await isStill(log);
  await stage(page, (it) => it.set({ target: { seq: 1_002_102, key: 4 } }));
  await isLedTo(page, log, FIRST + 2_102, "the same again");
  await stage(page, (it) => it.set({ target: { seq: 500_040, key: 5 } }));
  await frames(page, 2);
  await stage(page, (it) => it.show(500_000, 100, { hasOlder: true, hasNewer: true }));
  await isLedTo(page, log, 500_040, "in the past");
  await log.locator('[data-target="true"]').waitFor({ state: "detached" });
  assert.deepEqual(await page.evaluate(() => [window.stage.calls.older, window.stage.calls.newer]), [0, 0]);
}

async function endsAWindowIntoThePast(page, log) {
  await stage(page, (it) =>
    it.show(500_000, 100, { hasOlder: true, hasNewer: true, target: { seq: 500_050, key: 1 } }),
  );
  await isLedTo(page, log, 500_050, "in the past");
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await seen(jump);
  await until(page, log, (it) => it.scene.newer === "loading", 400);
  await isStill(log);
  const before = await places(log);
  await stage(page, (it) => it.append(100));
  await frames(page, 4);
  assert.deepEqual(await moved(log, before), [], "newer ones come below");
  assert.deepEqual((await calls(page)).seen, [], "the past is not the newest");
  await jump.click();
  assert.equal((await calls(page)).latest, 1);
  await stage(page, (it) => it.fill(100, { hasNewer: false, newer: "idle", target: undefined }));
  await seen(message(log, FIRST + 99));
  await isAtEnd(page, log, "at the latest");
  await jump.waitFor({ state: "detached" });
}

async function says(page, log) {
  assert.equal(await log.getAttribute("aria-live"), "off", "rows that come and go are not news");
  await stage(page, (it) => it.fill(100, { hasOlder: true }));
  await seen(message(log, FIRST + 99));
  const said = page.locator('[aria-live="polite"]');
  await stage(page, (it) => it.prepend(100));
  await frames(page, 3);
  assert.equal(await said.textContent(), "", "older ones are not news");
  await stage(page, (it) => it.say("Hello @Ada, and welcome"));
  await said.getByText(/^\w+: Hello @Ada, and welcome$/).waitFor({ state: "attached" });
  const row = log.getByRole("article", { name: /^Message by \w+, mentions you$/ });
  await seen(row);
  assert.equal(
    await row.getByRole("link", { name: /link to this message/ }).getAttribute("href"),
    `/c/lobby#m${FIRST + 100}`,
  );
  await stage(page, (it) => it.come(3));
  await stage(page, (it) => it.come(2));
  await said.getByText("5 new messages", { exact: true }).waitFor({ state: "attached" });

  await stage(page, (it) => {
    it.write("w1", "mine");
    it.fail("w1");
  });
  const alerts = page.getByRole("alert");
  await alerts.getByText("Not sent. No. Your message was: mine").waitFor({ state: "attached" });
  await wheel(page, log, -3_000);
  await log.locator('[data-row="iw1"]').waitFor({ state: "detached" });
  await page.keyboard.press("End");
  await wheel(page, log, 30_000);
  await seen(log.getByRole("button", { name: "Discard" }));
  assert.equal(await alerts.count(), 1, "a row that comes into sight again is no news");
}
