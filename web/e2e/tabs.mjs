// Two tabs of one person: one presence, what is unread and the sign-in are shared, and each message is shown once in both.
import assert from "node:assert/strict";
import { Crowd } from "./lib/crowd.mjs";
import { history } from "./lib/server.mjs";
import { channelLink, log, opensChannel, say, sees, seesMessage, seesNo, signIn } from "./lib/steps.mjs";

export async function run(stage) {
  const other = `${stage.channel}-other`;
  const alan = await signIn(stage, "Alan");
  const context = await stage.browserOf();
  const first = await signIn(stage, "Ada", { context });
  const second = await stage.page(`/c/${stage.channel}`, { context });
  await sees(log(second, stage.channel));

  for (const page of [alan, first, second]) {
    await sees(page.getByRole("button", { name: "People: 2" }));
    assert.equal(await page.getByRole("list", { name: "People" }).getByText("Ada", { exact: true }).count(), 1);
  }
  assert.equal(await alan.getByText(/Ada (left|joined, )/).count(), 0);

  await say(first, "from the first tab");
  await say(second, "from the second tab");
  await say(alan, "from Alan");
  for (const text of ["from the first tab", "from the second tab", "from Alan"]) {
    for (const page of [first, second, alan]) {
      await seesMessage(page, text);
      assert.equal(await log(page).getByText(text, { exact: true }).count(), 1, `${text}, once`);
    }
  }
  assert.equal((await history(stage.url, stage.channel)).length, 3);

  await sharesUnread(stage, { first, second, other });
  await second.close();
  await say(alan, "one tab is closed");
  await seesMessage(first, "one tab is closed");
  assert.equal(await alan.getByText("Ada left").count(), 0, "the other tab is still here");

  await sharesSignOut(stage, { context, first, alan });
}

/** A channel that is opened in one tab is open in both, and what is read in one is read in both. */
async function sharesUnread(stage, { first, second, other }) {
  await opensChannel(first, other);
  await sees(channelLink(second, other));
  await channelLink(first, stage.channel).click();
  await sees(log(first, stage.channel));
  const crowd = await Crowd.gather(stage, other);
  await crowd.join("Grace");
  await crowd.say("Grace", "unread in both");
  for (const page of [first, second]) {
    await sees(channelLink(page, other).getByText("1 unread"));
    await page.waitForFunction(() => document.title.startsWith("(1)"));
  }
  await channelLink(first, other).click();
  await seesMessage(first, "unread in both");
  for (const page of [first, second]) {
    await seesNo(channelLink(page, other).getByText("1 unread"));
    await page.waitForFunction(() => !document.title.startsWith("("));
  }
  await channelLink(first, stage.channel).click();
}

/** Who signs out in one tab is signed out in the other, and gone for everybody. */
async function sharesSignOut(stage, { context, first, alan }) {
  const third = await stage.page("/", { context });
  await sees(log(third));
  await first.getByRole("button", { name: "Sign out" }).click();
  await sees(third.getByText("You were signed out in another tab."));
  await sees(first.getByRole("button", { name: "Join" }));
  await sees(alan.getByText("Ada left"));
  await sees(alan.getByRole("button", { name: "People: 1" }));
  assert.equal(await first.getByLabel("Name").inputValue(), "Ada", "the name is remembered");
  const kept = await first.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("token")));
  assert.deepEqual(kept, [], "no token is kept");
}
