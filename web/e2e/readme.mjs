// Runs a program from the README in the console of the real page, and says something from a second one:
//   node e2e/readme.mjs URL < the program
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { launchBrowser, watchFaults } from "../test/browser.mjs";

const [url] = process.argv.slice(2);
const program = await text(process.stdin);

const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  const faults = await watchFaults(page);
  await page.goto(url);
  // A console's top level allows await, and so does this one; what it declares is what we look at.
  await page.evaluate(`(async () => {
    ${program}
    window.flow = { token, user, messages, position, users, socket, events };
  })()`);
  await page.waitForFunction(() =>
    window.flow.events.some(({ type, text }) => type === "message" && text === "Hello!"),
  );
  const flow = await page.evaluate(() => {
    const { user, messages, position, users, events } = window.flow;
    return { user, messages, position, users, events };
  });
  assert.equal(flow.user.id, "97f960a48b419ff55a2abfba9d8de223");
  assert.equal(flow.user.name, "John Snow");
  assert.deepEqual(flow.messages, []);
  assert.deepEqual(flow.users, []);
  assert.match(flow.position, /^[0-9a-z]+:\d+$/);
  const [join, message] = flow.events;
  assert.equal(join.type, "join");
  assert.equal(message.from_user.id, flow.user.id);

  const again = await browser.newPage();
  await again.goto(url);
  const history = await again.evaluate(
    async ([token, seq]) => {
      const answer = await fetch(`/messages?min_seq=${seq}`, { headers: { Authorization: `Bearer ${token}` } });
      return answer.json();
    },
    [await page.evaluate(() => window.flow.token), message.seq],
  );
  assert.deepEqual(
    history.messages.map(({ text }) => text),
    ["Hello!"],
  );
  assert.deepEqual(faults, []);
  console.log("the README's program runs as it is printed");
} finally {
  await browser.close();
}
