// Two people chat; one is cut off for a while; the server is killed in mid-sentence, and comes back. Both end with the
// same messages, none missing, none twice.
import assert from "node:assert/strict";
import { ask } from "./lib/go.mjs";
import { walk } from "./lib/list.mjs";
import { history } from "./lib/server.mjs";
import { box, log, say, sees, seesMessage, seesNo, signIn } from "./lib/steps.mjs";

const DRAFT = "What I have been writing all the while, and will send when I am done.";

export async function run(stage) {
  const ada = await signIn(stage, "Ada Lovelace", { email: "ada@example.com" });
  const alan = await signIn(stage, "Alan Turing");
  for (const [page, name] of [
    [ada, "Alan Turing"],
    [alan, "Ada Lovelace"],
  ]) {
    await sees(page.getByRole("list", { name: "People" }).getByText(name));
  }
  const talk = new Talk([ada, alan]);
  await talk.say(ada, "Good morning, Alan! Did the engine finish the table over night?");
  await talk.say(alan, "It did: 14 pages, and not one of them twice.");
  await talk.isSeenByAll();

  await isCutOff(talk, { here: ada, away: alan });
  await isKilled(stage, talk, { writer: ada, speaker: alan });

  await talk.isTheSameForAll(stage);
  assert.equal(await ada.getByText("Alan Turing left").count(), 0, "being away for a moment shows no leave");
  await alan.getByRole("button", { name: "Sign out" }).click();
  await sees(ada.getByText("Alan Turing left"));
}

/** What was said, by whoever, and what all should see of it. */
class Talk {
  said = [];

  constructor(pages) {
    this.pages = pages;
  }

  async say(page, text) {
    this.said.push(text);
    await say(page, text);
  }

  async isSeenByAll() {
    for (const page of this.pages) {
      await sees(log(page));
      await seesMessage(page, this.said.at(-1));
      await seesNo(page.getByText("Sending…"));
    }
  }

  /** Both screens show what the server has, in its order, and that is what was said. */
  async isTheSameForAll(stage) {
    const stored = (await history(stage.url, stage.channel)).map(({ text }) => text);
    assert.deepEqual([...stored].sort(), [...this.said].sort(), "the server has each once");
    for (const page of this.pages) assert.deepEqual(await walk(page, this.said), stored, "a screen shows the log");
  }
}

/** A network that goes and comes back; both go on writing. */
async function isCutOff(talk, { here, away }) {
  await away.context().setOffline(true);
  const banner = away.getByRole("status", { name: "Connection" });
  await sees(banner.getByText("You are offline."));
  await sees(banner.getByText(/^Trying again in \d+ s$/));
  await sees(banner.getByRole("button", { name: "Now" }));
  for (let i = 1; i <= 20; i++) await talk.say(here, `here ${i}`);
  await seesMessage(here, "here 20");
  await talk.say(away, "written while offline");
  await sees(away.getByText("Sending…"));
  assert.equal(await away.getByText("here 20", { exact: true }).count(), 0, "offline is offline");
  assert.equal(await here.getByText("written while offline", { exact: true }).count(), 0);
  await away.context().setOffline(false);
  const now = banner.getByRole("button", { name: "Now" });
  await now.click({ timeout: 1_000 }).catch(() => {}); // or it came back by itself
  await seesNo(banner.getByText(/./));
  await talk.isSeenByAll();
}

/** Kill -9, while one writes a long message and the other says one thing after the other. */
async function isKilled(stage, talk, { writer, speaker }) {
  await talk.say(writer, "just before the crash");
  const writing = box(writer).pressSequentially(DRAFT, { delay: 40 });
  const speaking = (async () => {
    for (let i = 1; i <= 30; i++) await talk.say(speaker, `on its way ${i}`);
  })();
  await seesMessage(writer, "on its way 5");
  await Promise.all([ask("restart"), writing, speaking]);
  await seesMessage(writer, "on its way 30");
  await talk.isSeenByAll();
  assert.equal(await box(writer).inputValue(), DRAFT, "the draft is still there");
  talk.said.push(DRAFT);
  await box(writer).press("Enter");
  await talk.isSeenByAll();
  assert.equal(await box(writer).inputValue(), "");
  assert.equal((await history(stage.url, stage.channel)).at(-1).text, DRAFT);
}
