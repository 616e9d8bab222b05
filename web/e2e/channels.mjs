// Several channels at once: what is unread in each, links to a channel and to a message, the way back, leaving.
import assert from "node:assert/strict";
import { Crowd } from "./lib/crowd.mjs";
import { history } from "./lib/server.mjs";
import { channelLink, log, opensChannel, say, sees, seesMessage, seesNo, signIn } from "./lib/steps.mjs";

export async function run(stage) {
  const { channel } = stage;
  const [kitchen, garden] = [`${channel}-kitchen`, `${channel}-garden`];
  const context = await stage.browserOf();
  await watchTargets(context);
  const ada = await signIn(stage, "Ada", { context });
  await opensChannel(ada, kitchen);
  await opensChannel(ada, garden);
  const crowd = await Crowd.gather(stage, kitchen);
  await crowd.join("Grace");
  await crowd.join("Grace", { channel: garden });

  await countsUnread(ada, { crowd, kitchen, garden });
  await opensAtAMessage(stage, ada, { crowd, kitchen, garden });
  await isRefused(ada);
  await leaves(stage, ada, { garden });
}

async function countsUnread(ada, { crowd, kitchen, garden }) {
  await crowd.say("Grace", "seen at once", { channel: garden });
  await seesMessage(ada, "seen at once");
  for (const text of ["water is on", "tea is ready", "cups are out"]) await crowd.say("Grace", text);
  await sees(channelLink(ada, kitchen).getByText("3 unread"));
  await ada.waitForFunction((title) => document.title === title, `(3) #${garden} · chitchat`);
  assert.equal(
    await channelLink(ada, garden)
      .getByText(/unread/)
      .count(),
    0,
    "what is in sight is read",
  );

  await crowd.say("Grace", "@Ada, are you there?");
  await sees(channelLink(ada, kitchen).getByText("4 unread, you were mentioned"));
  await channelLink(ada, kitchen).click();
  await seesMessage(ada, "tea is ready");
  await sees(log(ada).getByRole("separator", { name: "New messages begin here" }));
  await sees(log(ada).getByRole("article", { name: "Message by Grace, mentions you" }));
  await seesNo(channelLink(ada, kitchen).getByText(/unread/));
  await ada.waitForFunction((title) => document.title === title, `#${kitchen} · chitchat`);
}

/** The address of a message leads to it from anywhere, it stands out, and *back* goes where one was. */
async function opensAtAMessage(stage, ada, { crowd, kitchen, garden }) {
  for (let i = 1; i <= 80; i++) await crowd.say("Grace", `row ${i}`);
  await seesMessage(ada, "row 80");
  const { seq } = (await history(stage.url, kitchen)).find(({ text }) => text === "row 5");
  const address = `/c/${kitchen}#m${seq}`;

  await channelLink(ada, garden).click();
  await say(ada, `Look at ${stage.url}${address} please`);
  await log(ada).getByRole("link", { name: address }).click();
  await leadsTo(ada, "row 5", stage.url + address);
  await ada.waitForFunction((text) => [...window.stoodOut].some((row) => row.endsWith(text)), "row 5");
  await ada.goBack();
  await sees(log(ada, garden));
  await ada.goForward();
  await leadsTo(ada, "row 5", stage.url + address);

  const fresh = await stage.page(address, { context: ada.context() });
  await leadsTo(fresh, "row 5", stage.url + address);
  await fresh
    .getByRole("button", { name: /Jump to latest/ })
    .first()
    .click();
  await sees(fresh.getByText("row 80", { exact: true }));
  await fresh.close();

  const stranger = await stage.page(address);
  await stranger.getByLabel("Name").fill("Stranger");
  assert.equal(await stranger.getByLabel("Channel").inputValue(), kitchen, "the link's channel is filled in");
  await stranger.getByRole("button", { name: "Join" }).click();
  await leadsTo(stranger, "row 5", stage.url + address);

  const missing = await stage.page(`/c/${kitchen}#m1`, { context: ada.context() });
  await sees(missing.getByText(/The message of this link is not there/));
  await missing.close();
}

/** The message is in sight and has the focus. */
async function leadsTo(page, text, address) {
  await page.waitForFunction(
    ({ text, address }) => {
      const at = document.activeElement?.closest("article");
      if (location.href !== address || !at?.innerText.split("\n").includes(text)) return false;
      const [row, list] = [at.getBoundingClientRect(), at.closest('[role="log"]').getBoundingClientRect()];
      return row.top >= list.top && row.bottom <= list.bottom;
    },
    { text, address },
  );
}

/** Keeps the texts of messages that stand out, which they do for a moment only. */
async function watchTargets(context) {
  await context.addInitScript(() => {
    window.stoodOut = new Set();
    const look = () => {
      for (const row of document.querySelectorAll("article[data-target]")) window.stoodOut.add(row.textContent);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["data-target"] });
  });
}

/** A name that is no channel's says so, and the way back is open. */
async function isRefused(ada) {
  await ada.getByRole("button", { name: "New or other channel" }).click();
  await ada.getByLabel("Name of the channel").fill("two words");
  await ada.getByRole("button", { name: "Open", exact: true }).click();
  await sees(ada.getByText("A channel has 1 to 64 letters, digits, “-” and “_”."));
  await ada.getByLabel("Name of the channel").press("Escape");
  await sees(ada.getByRole("button", { name: "New or other channel" }));
}

/** Who leaves one channel is gone from it at once, and stays in the others. */
async function leaves(stage, ada, { garden }) {
  const alan = await signIn(stage, "Alan", { channel: garden });
  await sees(alan.getByRole("list", { name: "People" }).getByText("Ada"));
  await ada.getByRole("button", { name: `Leave ${garden}` }).click();
  await sees(alan.getByText("Ada left"));
  await seesNo(channelLink(ada, garden));
  await sees(log(ada));
  await say(ada, "still here");
  await seesMessage(ada, "still here");
}
