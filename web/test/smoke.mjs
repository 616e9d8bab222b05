// Loads the production build under the server's content security policy, in a
// real browser, against a server of its own: npm run build && npm run browser.
// Another folder with a build can be named: node test/smoke.mjs FOLDER
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launchBrowser, watchFaults } from "./browser.mjs";
import { startMockServer, userFor } from "./mock-server.mjs";

const dist = process.argv[2] ?? fileURLToPath(new URL("../dist", import.meta.url));
assert(existsSync(`${dist}/index.html`), "there is no build: npm run build");

const server = await startMockServer(dist);
const { channel } = server;
const browser = await launchBrowser();
try {
  await smoke();
  console.log("smoke: the page signs in, chats, resumes and leaves; no page error, no policy violation");
} finally {
  await browser.close();
  server.stop();
}

async function smoke() {
  const grace = userFor("Grace", "");
  for (let i = 1; i <= 120; i++) channel.say(grace, `before ${i}`);
  channel.join(grace);

  const context = await browser.newContext();
  const page = await context.newPage();
  const faults = await watchFaults(page);
  await page.goto(server.url);
  await signIn(page, "", "lobby");
  await seen(page.getByText("Give a name"));
  await signIn(page, "Ada", "lobby");

  const log = page.getByRole("log", { name: "Messages in lobby" });
  await seen(log.getByText("before 120", { exact: true }));
  assert.ok(await page.getByLabel("Message", { exact: true }).evaluate((box) => box === document.activeElement));
  await readBack(page, log, "before 1");
  assert.equal(await page.getByRole("list", { name: "People" }).getByText("Grace").count(), 1);

  const markup = '<img src=x onerror="document.title=1">';
  await say(page, markup);
  await seen(log.getByText(markup));
  channel.say(grace, "live");
  await seen(log.getByText("live", { exact: true }));

  await staysAtTheEnd(page, log, grace);
  await nameThatTurnsAround(log);
  await cutBeforeTheAnswer(page, log);
  await reloadWhileSending(page, log);
  await missAFewAndResume(page, log, grace);
  await breakTheChain(log, grace);

  await page.reload();
  await seen(log.getByText("after the hole", { exact: true }));
  assert.equal(channel.log.filter(({ type }) => type === "leave").length, 0, "a reload shows no leave");

  await twoTabs(page, log);

  await otherChannels(page);
  await switcherGivesBack(page);

  await page.getByRole("button", { name: "Sign out" }).click();
  await seen(page.getByRole("button", { name: "Join" }));
  await until(page, () => channel.log.at(-1).type === "leave");
  assert.equal(await page.getByLabel("Name").inputValue(), "Ada");
  assert.deepEqual(faults, []);
}

/** The server stores the message and dies before it says so: the client asks again, and all see it once. */
async function cutBeforeTheAnswer(page, log) {
  const tries = [];
  channel.onSend = (command) => {
    tries.push(command);
    return tries.length === 1 ? "lost" : "ack";
  };
  await say(page, "said once");
  await page.waitForFunction(() => !document.body.textContent.includes("Sending…"));
  channel.onSend = () => "ack";
  assert.equal(await log.getByText("said once", { exact: true }).count(), 1);
  assert.equal(channel.log.filter(({ text }) => text === "said once").length, 1);
  for (const { id, retry } of tries.slice(1)) assert.deepEqual([id, retry], [tries[0].id, true]);
}

/** Who is at the end stays there whatever grows around the list, and who is not is told what came since. */
async function staysAtTheEnd(page, log, user) {
  const box = page.getByLabel("Message", { exact: true });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 780 });
  await isAtEnd(page, log, "at 390x780");
  await box.focus();
  for (let i = 0; i < 8; i++) {
    await page.keyboard.type("x");
    await page.keyboard.press("Shift+Enter");
  }
  await isAtEnd(page, log, "after eight lines");
  const { height } = await box.boundingBox();
  assert.ok(height > 150, `the composer is ${height} high`);
  await page.keyboard.type("and more");
  await isAtEnd(page, log, "while writing in a high composer");
  await page.setViewportSize({ width: 390, height: 400 });
  await isAtEnd(page, log, "with a keyboard");
  await page.setViewportSize({ width: 390, height: 780 });
  await isAtEnd(page, log, "without it again");
  await lookAtPeople(page, () => channel.say(user, "while the people are shown"));
  await isAtEnd(page, log, "after a look at the people");
  await box.fill("");
  await isAtEnd(page, log, "when the composer is low again");
  await log.evaluate((list) => {
    list.scrollTop -= 10;
    document.querySelector("header").style.minHeight = "300px";
  });
  await isAtEnd(page, log, "when a scroll and a lower list come in one frame");
  await page.evaluate(() => document.querySelector("header").removeAttribute("style"));

  await log.hover();
  await page.mouse.wheel(0, -600);
  await seen(page.getByRole("button", { name: "Jump to latest", exact: true }));
  const top = await log.evaluate((list) => list.scrollTop);
  for (let i = 1; i <= 3; i++) channel.say(user, `unseen ${i}`);
  const jump = page.getByRole("button", { name: "3 new messages · Jump to latest" });
  await seen(jump);
  await page.setViewportSize({ width: 390, height: 500 });
  assert.equal(await log.evaluate((list) => list.scrollTop), top, "who reads stays where they read");
  await lookAtPeople(page);
  await seen(jump);
  assert.equal(await log.evaluate((list) => list.scrollTop), top, "and after a look at the people");
  await jump.click();
  await isAtEnd(page, log, "after the jump");
  await jump.waitFor({ state: "detached" });
  await page.setViewportSize(size);
}

/** The list reads on by itself when one comes near to its top. */
async function readBack(page, log, text) {
  for (const end = Date.now() + 8_000; (await log.getByText(text, { exact: true }).count()) === 0; ) {
    assert.ok(Date.now() < end, `"${text}" is read in time`);
    await log.hover();
    await page.mouse.wheel(0, -2_000);
    await page.waitForTimeout(50);
  }
  await page.getByRole("button", { name: /Jump to latest/ }).click();
}

/** On a phone the people open over the page, which is out of reach until Escape or *back*. */
async function lookAtPeople(page, meanwhile = () => {}) {
  const button = page.getByRole("button", { name: /^People/ });
  const panel = page.getByRole("dialog", { name: "People" });
  for (const close of [() => page.keyboard.press("Escape"), () => page.goBack()]) {
    await button.click();
    await seen(panel.getByRole("list", { name: "People" }));
    assert.ok(await panel.evaluate((box) => box.contains(document.activeElement)));
    assert.ok(await page.locator("main").evaluate((main) => main.inert));
    meanwhile();
    await close();
    await panel.waitFor({ state: "detached" });
    assert.ok(await button.evaluate((opener) => opener === document.activeElement));
  }
}

/** A second channel: its unread messages are counted, its address is a link, and leaving it is seen at once. */
async function otherChannels(page) {
  const other = server.channelOf("engine-room");
  const grace = userFor("Grace", "");
  const number = other.say(grace, "the first there");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Name of a channel" }).fill("Engine-Room");
  await page.keyboard.press("Enter");
  await seen(page.getByRole("log", { name: "Messages in engine-room" }).getByText("the first there"));
  assert.equal(new URL(page.url()).pathname, "/c/engine-room");

  channel.say(grace, "while one looks elsewhere");
  await seen(page.getByRole("link", { name: /#lobby.*1 unread/ }));
  await page.waitForFunction(() => document.title.startsWith("(1) #engine-room"));
  await page.keyboard.press("Alt+Shift+ArrowDown");
  await seen(page.getByRole("log", { name: "Messages in lobby" }).getByText("while one looks elsewhere"));
  await page.waitForFunction(() => document.title.startsWith("#lobby"));

  await page.goBack();
  await seen(page.getByRole("log", { name: "Messages in engine-room" }));
  await page.goto(`${server.url}/c/engine-room#m${number}`);
  await seen(page.getByRole("log", { name: "Messages in engine-room" }).getByText("the first there"));
  await page.getByRole("button", { name: "Leave engine-room" }).click();
  await seen(page.getByRole("log", { name: "Messages in lobby" }));
  await until(page, () => other.log.at(-1).type === "leave");
}

/** Closed by Escape, by a press beside it, or by the choice of the channel that is open, the switcher gives the focus back. */
async function switcherGivesBack(page) {
  const opener = page.getByRole("button", { name: "Switch channel" });
  const field = page.getByRole("combobox", { name: "Name of a channel" });
  const closes = [
    () => page.keyboard.press("Escape"),
    () => page.mouse.click(5, 5),
    async () => {
      await field.fill("lobby");
      await page.keyboard.press("Enter");
    },
  ];
  for (const close of closes) {
    await opener.click();
    await seen(field);
    await close();
    await field.waitFor({ state: "detached" });
    assert.ok(await opener.evaluate((button) => button === document.activeElement), `after ${close}`);
  }
}

/** What one tab makes of the sign-in, the other tabs of the browser take notice of. */
async function twoTabs(page, log) {
  const leaves = () => channel.log.filter(({ type, reason }) => type === "leave" && reason === "closed").length;
  const other = await page.context().newPage();
  const faults = await watchFaults(other);
  await other.goto(server.url);
  await seen(other.getByRole("log"));
  await until(page, () => channel.sockets.size === 2);

  await other.getByRole("button", { name: "Sign out" }).click();
  await seen(page.getByText("You were signed out in another tab."));
  await until(page, () => leaves() === 2);

  await signIn(page, "Ada", "lobby");
  await seen(log);
  await signIn(other, "Brook", "lobby");
  await seen(other.getByRole("log"));
  await seen(page.getByText("Somebody else joined in another tab."));
  await until(page, () => leaves() === 3);
  assert.equal(await page.getByLabel("Name").inputValue(), "Ada");

  await signIn(page, "Ada", "lobby");
  await seen(log);
  await seen(other.getByText("Somebody else joined in another tab."));
  await until(page, () => leaves() === 4);
  assert.deepEqual(faults, []);
  await other.close();
}

/** Waits two frames, in which the page may mend it, and no longer. */
async function isAtEnd(page, log, when) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const left = await log.evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);
  assert.ok(left <= 1, `${when}: ${left} px from the end`);
}

/** A name with an override (U+202E), and with what would end an isolate (U+2069), leaves the line around it alone. */
async function nameThatTurnsAround(log) {
  const name = "Eve\u2069\u202e";
  channel.join(userFor(name, ""));
  const note = log.getByText(`${name} joined`);
  await seen(note);
  const [nameEnd, wordStart] = await note.evaluate((line) => {
    const word = document.createRange();
    word.setStart(line.lastChild, 1);
    word.setEnd(line.lastChild, 2);
    return [line.querySelector("bdi").getBoundingClientRect().right, word.getBoundingClientRect().left];
  });
  assert.ok(wordStart >= nameEnd, `"joined" begins at ${wordStart}, the name ends at ${nameEnd}`);
}

/** The page is loaded again before the server has a message, or has said so: it is not lost, and not doubled. */
async function reloadWhileSending(page, log) {
  const tries = [];
  channel.onSend = (command) => {
    tries.push(command);
    return tries.length === 1 ? "lost" : "drop";
  };
  await say(page, "stored before the reload");
  await say(page, "not stored before the reload");
  await page.getByLabel("Message", { exact: true }).fill("a draft");
  await until(page, () => tries.length >= 2);
  channel.onSend = (command) => {
    tries.push(command);
    return "ack";
  };
  await page.reload();
  for (const text of ["stored before the reload", "not stored before the reload"]) {
    await seen(log.getByText(text, { exact: true }));
    await page.waitForFunction(() => !document.body.textContent.includes("Sending…"));
    assert.equal(await log.getByText(text, { exact: true }).count(), 1);
    assert.equal(channel.log.filter((event) => event.text === text).length, 1);
    const ids = new Set(tries.filter((command) => command.text === text).map(({ id }) => id));
    assert.ok(ids.size <= 1, "the same id for each try");
  }
  assert.equal(tries.at(-1).retry, true);
  channel.onSend = () => "ack";
  assert.equal(await page.getByLabel("Message", { exact: true }).inputValue(), "a draft");
}

async function missAFewAndResume(page, log, user) {
  channel.refuseSockets = true;
  channel.closeAll(1012);
  await seen(page.getByRole("button", { name: "Now" }));
  await isAtEnd(page, log, "below the banner");
  for (let i = 1; i <= 3; i++) channel.say(user, `missed ${i}`);
  channel.refuseSockets = false;
  await page
    .getByRole("button", { name: "Now" })
    .click({ timeout: 2_000 })
    .catch(() => {}); // or it came by itself
  await seen(log.getByText("missed 3", { exact: true }));
  for (let i = 1; i <= 3; i++) assert.equal(await log.getByText(`missed ${i}`, { exact: true }).count(), 1);
}

/** Frames that a faulty server leaves out are noticed by the chain of prev, and read from the history. */
async function breakTheChain(log, user) {
  const sockets = channel.sockets;
  channel.sockets = new Set();
  channel.say(user, "in the hole");
  channel.sockets = sockets;
  channel.say(user, "after the hole");
  await seen(log.getByText("after the hole", { exact: true }));
  await seen(log.getByText("in the hole", { exact: true }));
}

async function signIn(page, name, room) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Channel").fill(room);
  await page.getByRole("button", { name: "Join" }).click();
}

async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

/** Waits for what is not to be seen on the page. */
async function until(page, condition) {
  for (const end = Date.now() + 8_000; !condition(); await page.waitForTimeout(20)) {
    assert.ok(Date.now() < end, `in time: ${condition}`);
  }
}

async function seen(locator) {
  await locator.first().waitFor({ state: "visible", timeout: 8_000 });
}
