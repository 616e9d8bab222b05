// Messages that could not be sent: they outlive a reload, a person tries again or gives up, and none is stored twice.
import assert from "node:assert/strict";
import { ask } from "./lib/go.mjs";
import { history } from "./lib/server.mjs";
import { box, log, say, sees, seesMessage, seesNo, signIn, until } from "./lib/steps.mjs";

export async function run(stage) {
  const line = new Line();
  const context = await stage.browserOf();
  await line.layIn(context);
  const page = await signIn(stage, "Ada", { context });
  const stored = async () => (await history(stage.url, stage.channel)).map(({ text }) => text);

  await isRefused(page, line, stored);
  await isGivenUp(page, line, stored);
  await isAnsweredTooLate(page, line, stored);
  await waitsForTheServer(page, line, stored);
}

/** The page's way to the server, which a test can spoil. */
class Line {
  /** What becomes of a command on its way: itself, another one, or undefined when it gets lost. */
  spoil = (command) => command;
  /** Whether the server's answers get through. */
  answers = true;
  commands = [];

  async layIn(context) {
    await context.routeWebSocket(/\/channel\?/, (route) => {
      const server = route.connectToServer();
      route.onMessage((text) => {
        const command = JSON.parse(text);
        if (command.type === "send") this.commands.push(command);
        const sent = command.type === "send" ? this.spoil(command) : command;
        if (sent) server.send(JSON.stringify(sent));
      });
      server.onMessage((text) => {
        if (this.answers) route.send(text);
      });
    });
  }

  idsOf(text) {
    return new Set(this.commands.filter((command) => command.text === text).map(({ id }) => id));
  }
}

/** The server finds a message faulty, and says so. After a reload it is still there, and is sent when a person says so. */
async function isRefused(page, line, stored) {
  line.spoil = (command) => ({ ...command, text: " " });
  await say(page, "refused at first");
  const message = failed(page, "refused at first");
  await sees(message.getByText(/^Not sent\. ./));
  line.spoil = (command) => command;
  await page.reload();
  await sees(message.getByText(/^Not sent\. ./));
  await message.getByRole("button", { name: "Try again" }).click();
  await seesNo(log(page).getByText(/^Not sent/));
  await until("it is stored", async () => (await stored()).includes("refused at first"));
  assert.deepEqual(await stored(), ["refused at first"]);
  assert.equal(line.idsOf("refused at first").size, 1, "each try has the same id");
  assert.equal(await log(page).getByText("refused at first", { exact: true }).count(), 1);
}

/** What a person discards is gone, also after a reload. */
async function isGivenUp(page, line, stored) {
  line.spoil = (command) => ({ ...command, text: " " });
  await say(page, "given up");
  await failed(page, "given up").getByRole("button", { name: "Discard" }).click();
  line.spoil = (command) => command;
  await seesNo(page.getByText("given up", { exact: true }));
  await page.reload();
  await say(page, "after it");
  await until("the next one is stored", async () => (await stored()).length > 1);
  assert.deepEqual(await stored(), ["refused at first", "after it"]);
  assert.equal(await page.getByText("given up", { exact: true }).count(), 0);
}

/** The server stores a message, and its answer gets lost. The page that comes after does not know, and asks under the same id. */
async function isAnsweredTooLate(page, line, stored) {
  line.answers = false;
  await say(page, "stored and not answered");
  await until("it is stored", async () => (await stored()).includes("stored and not answered"));
  await sees(page.getByText("Sending…"));
  line.answers = true;
  await page.reload();
  await seesMessage(page, "stored and not answered");
  await seesNo(page.getByText("Sending…"));
  assert.equal(await log(page).getByText("stored and not answered", { exact: true }).count(), 1);
  assert.deepEqual(await stored(), ["refused at first", "after it", "stored and not answered"]);
  assert.equal(line.idsOf("stored and not answered").size, 1);
}

/** The server is gone, one goes on writing, it comes back, and the page is loaded again: all is sent, in order, and the draft is there. */
async function waitsForTheServer(page, line, stored) {
  const before = await stored();
  await ask("kill");
  line.spoil = () => undefined;
  const written = ["one", "two", "three"].map((number) => `written without a server ${number}`);
  for (const text of written) await say(page, text);
  await box(page).fill("a draft without a server");
  await sees(page.getByRole("status", { name: "Connection" }).getByRole("button", { name: "Now" }));
  await ask("start");
  await page.reload();
  for (const text of written) await sees(log(page).getByText(text, { exact: true }));
  assert.equal(await page.getByText("Sending…").count(), 3, "they wait");
  assert.equal(await box(page).inputValue(), "a draft without a server");
  line.spoil = (command) => command;
  await page.reload();
  await seesNo(page.getByText("Sending…"));
  await until("all are stored", async () => (await stored()).length === before.length + 3);
  assert.deepEqual(await stored(), [...before, ...written]);
  for (const text of written) assert.equal(await log(page).getByText(text, { exact: true }).count(), 1);
}

function failed(page, text) {
  return log(page).getByRole("article").filter({ hasText: text }).filter({ hasText: "Not sent" });
}
