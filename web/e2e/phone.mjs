// On a phone: everything is reached by touch, nothing is wider than the screen, and one can always write.
import assert from "node:assert/strict";
import { Crowd } from "./lib/crowd.mjs";
import { box, channelLink, isWhole, log, opensChannel, sees, seesMessage, seesNo } from "./lib/steps.mjs";

const PHONES = [
  { width: 390, height: 780 },
  { width: 360, height: 640 },
];

export async function run(stage) {
  const crowd = await Crowd.gather(stage);
  await crowd.join("Grace Brewster Murray Hopper");
  for (let i = 1; i <= 30; i++) await crowd.say("Grace Brewster Murray Hopper", `a message with some words ${i}`);
  for (const [i, viewport] of PHONES.entries()) await usesPhone(stage, viewport, { name: `Ada ${i}`, crowd });
}

async function usesPhone(stage, viewport, { name, crowd }) {
  const size = `${viewport.width}×${viewport.height}`;
  const page = await stage.page("/", { viewport, hasTouch: true, isMobile: true, deviceScaleFactor: 1 });
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Channel").fill(stage.channel);
  const { width } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth }));
  assert.ok(width <= viewport.width, `${size}: the form is ${width} px wide`);
  await page.getByRole("button", { name: "Join" }).tap();
  await sees(log(page, stage.channel));
  await isWhole(page, `${size}, signed in`);
  assert.notEqual(await focused(page), "TEXTAREA", "no keyboard opens by itself");

  await writes(page, size, name);
  await opensPanels(stage, page, size);
  await hasAKeyboard(page, viewport, size);

  await crowd.say("Grace Brewster Murray Hopper", `a_${"very".repeat(60)}_long_word for ${name}`);
  await sees(log(page).getByText(new RegExp(`long_word for ${name}`)));
  await isWhole(page, `${size}, with a long word`);
}

/** Enter makes a new line where keys are on the screen; the button sends. */
async function writes(page, size, name) {
  await box(page).tap();
  await page.keyboard.type("first line");
  await page.keyboard.press("Enter");
  await page.keyboard.type(`second line of ${name}`);
  assert.equal(await log(page).getByText("first line").count(), name.endsWith("0") ? 0 : 1);
  await page.getByRole("button", { name: "Send" }).tap();
  await sees(log(page).getByText(`second line of ${name}`));
  assert.equal(await box(page).inputValue(), "");
  await isWhole(page, `${size}, sent`);
  await page.getByRole("button", { name: "Emoji" }).tap();
  const picker = page.getByRole("dialog", { name: "Choose an emoji" });
  await sees(picker.getByRole("gridcell").first());
  await isWhole(page, `${size}, with the emoji`);
  await page.getByRole("button", { name: "Emoji" }).tap();
  await seesNo(picker);
}

/** Channels and people open over the messages, and close by their button, by a tap beside them, and by *back*. */
async function opensPanels(stage, page, size) {
  const channels = page.getByRole("dialog", { name: "Channels" });
  const people = page.getByRole("dialog", { name: "People" });
  await page.getByRole("button", { name: /^Channels/ }).tap();
  await sees(channels.getByText(`#${stage.channel}`));
  await isWhole(page, `${size}, with the channels`);
  await channels.getByRole("button", { name: "Close" }).tap();
  await seesNo(channels);

  await page.getByRole("button", { name: /^People/ }).tap();
  await sees(people.getByText("Grace Brewster Murray Hopper"));
  await isWhole(page, `${size}, with the people`);
  await page.touchscreen.tap(8, 300);
  await seesNo(people);

  await page.getByRole("button", { name: /^People/ }).tap();
  await sees(people);
  await page.goBack();
  await seesNo(people);
  await sees(log(page, stage.channel));

  const other = `${stage.channel}-other`;
  await page.getByRole("button", { name: /^Channels/ }).tap();
  await opensChannel(page, other);
  await seesNo(channels);
  await page.getByRole("button", { name: "Channels: 2" }).tap();
  await channelLink(page, stage.channel).tap();
  await sees(log(page, stage.channel));
  await seesNo(channels);
  assert.match(page.url(), new RegExp(`/c/${stage.channel}$`));
}

/** The keyboard of a phone leaves little: the newest message and the box stay in sight. */
async function hasAKeyboard(page, { width, height }, size) {
  await box(page).tap();
  await page.setViewportSize({ width, height: 340 });
  await isWhole(page, `${size}, above a keyboard`);
  await page.keyboard.type("said above a keyboard");
  await page.getByRole("button", { name: "Send" }).tap();
  await seesMessage(page, "said above a keyboard");
  assert.equal(await focused(page), "TEXTAREA", "the keyboard stays open");
  await isWhole(page, `${size}, sent above a keyboard`);
  await page.setViewportSize({ width, height });
  await isWhole(page, `${size}, without a keyboard`);
}

function focused(page) {
  return page.evaluate(() => document.activeElement?.tagName);
}
