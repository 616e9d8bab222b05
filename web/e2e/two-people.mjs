// Two people chat in two browsers; one is cut off for a while, the server is killed and comes back. Both end with the
// same messages, none missing, none twice:  node e2e/two-people.mjs URL [SCREENSHOT]
// A line "restart" on stdout asks whoever started this to kill and restart the server, and to answer with a line.
import assert from "node:assert/strict";
import { once } from "node:events";
import { launchBrowser, watchFaults } from "../test/browser.mjs";

const [url, screenshot] = process.argv.slice(2);
const browser = await launchBrowser();
const faults = [];
try {
  const ada = await signIn("Ada Lovelace", "ada@example.com");
  const alan = await signIn("Alan Turing", "");
  await sees(ada.getByRole("list", { name: "People" }).getByText("Alan Turing"));
  await sees(alan.getByRole("list", { name: "People" }).getByText("Ada Lovelace"));

  const said = [];
  async function say(page, text) {
    said.push(text);
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.getByLabel("Message", { exact: true }).press("Enter");
  }
  await say(ada, "Good morning, Alan! Did the engine finish the table over night?");
  await say(alan, "It did: 14 pages, and not one of them twice.");
  await say(alan, "I pulled the plug at three in the morning, to see.");
  await say(ada, "And?");
  await say(alan, "It went on where it had stopped. Nothing lost, nothing doubled, nothing out of order.");
  await say(ada, "Then let us ask it who said most this week.");
  for (const text of said) for (const page of [ada, alan]) await seesMessage(page, text);
  if (screenshot) await ada.screenshot({ path: screenshot });

  await alan.context().setOffline(true);
  await sees(alan.getByRole("status", { name: "Connection" }));
  for (let i = 5; i < 25; i++) await say(ada, `ada ${i}`);
  await seesMessage(ada, "ada 24");
  await say(alan, "written while offline");
  assert.equal(await alan.getByText("ada 24", { exact: true }).count(), 0, "offline is offline");
  await alan.context().setOffline(false);
  for (const text of said) for (const page of [ada, alan]) await seesMessage(page, text);

  await say(ada, "just before the crash");
  console.log("restart");
  await once(process.stdin, "data");
  await say(ada, "after the crash");
  await say(alan, "still here");
  for (const text of said) for (const page of [ada, alan]) await seesMessage(page, text);

  const [first, second] = [await messages(ada, said), await messages(alan, said)];
  assert.deepEqual(first, second, "both see the same, in the same order");
  assert.deepEqual([...first].sort(), [...said].sort(), "each once, none missing");
  assert.equal(await notes(ada), 0, "Alan's being away shows no leave");

  await alan.getByRole("button", { name: "Leave" }).click();
  await sees(ada.getByText("Alan Turing left"));
  assert.deepEqual(faults.flat(), []);
  console.log("two people chatted, and nothing was lost, doubled or reordered");
} finally {
  process.stdin.destroy();
  await browser.close();
}

async function signIn(name, email) {
  const context = await browser.newContext();
  const page = await context.newPage();
  faults.push(await watchFaults(page));
  await page.goto(url);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Channel").fill("lobby");
  await page.getByRole("button", { name: "Join" }).click();
  await sees(page.getByRole("log", { name: "Messages in lobby" }));
  return page;
}

function sees(locator) {
  return locator.first().waitFor({ state: "visible", timeout: 30_000 });
}

function seesMessage(page, text) {
  return sees(page.getByRole("log").getByText(text, { exact: true }));
}

function notes(page) {
  return page
    .getByRole("log")
    .getByText(/Alan Turing left/)
    .count();
}

/** The texts of all messages that are shown, in order. */
async function messages(page, said) {
  const articles = await page.getByRole("log").getByRole("article").all();
  const texts = await Promise.all(articles.map((article) => article.innerText()));
  return texts.flatMap((text) => text.split("\n").filter((line) => said.includes(line)));
}
