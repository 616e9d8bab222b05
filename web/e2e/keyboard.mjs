// Without a mouse: from the form to the last "Sign out", and the focus is never lost.
import assert from "node:assert/strict";
import { Crowd } from "./lib/crowd.mjs";
import { box, channelLink, frames, log, sees, seesMessage, seesNo } from "./lib/steps.mjs";

export async function run(stage) {
  const { channel } = stage;
  const crowd = await Crowd.gather(stage);
  await crowd.join("Grace Hopper");
  for (let i = 1; i <= 60; i++) await crowd.say("Grace Hopper", `message ${i}`);

  const page = await stage.page("/");
  const keys = new Keys(page);
  await signsIn(keys, channel);
  await writes(keys);
  await picksAnEmoji(keys);
  await mentions(keys);
  await readsBack(keys);
  await switches(keys, channel);
  await signsOut(keys);
}

/** The keyboard. After each key, something of the page has the focus. */
class Keys {
  constructor(page) {
    this.page = page;
  }

  async press(...keys) {
    for (const key of keys) {
      await this.page.keyboard.press(key);
      await frames(this.page);
      const at = await this.page.evaluate(() => document.activeElement?.tagName);
      assert.notEqual(at, "BODY", `the focus is lost by ${key}`);
    }
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  /** Goes on by Tab, or back, until this has the focus. */
  async tabTo(locator, key = "Tab") {
    for (let i = 0; i < 30; i++) {
      if (await hasFocus(locator)) return;
      await this.page.keyboard.press(key);
      await frames(this.page);
    }
    assert.fail(`not to be reached by ${key}: ${locator}`);
  }
}

async function hasFocus(locator) {
  if ((await locator.count()) !== 1) return false;
  return locator.evaluate((element) => element === document.activeElement);
}

async function isFocused(locator) {
  await sees(locator);
  await locator.page().waitForFunction((element) => element === document.activeElement, await locator.elementHandle());
}

async function signsIn(keys, channel) {
  const { page } = keys;
  await isFocused(page.getByLabel("Name"));
  await keys.press("Enter");
  await sees(page.getByText("Give a name of at most 100 characters."));
  await isFocused(page.getByLabel("Name"));
  await keys.type("Ada");
  await keys.press("Tab", "Tab");
  await isFocused(page.getByLabel("Channel"));
  await keys.type(channel);
  await page.keyboard.press("Enter");
  await sees(log(page, channel));
  await isFocused(box(page));
}

async function writes(keys) {
  const { page } = keys;
  await keys.type("one line");
  await keys.press("Shift+Enter");
  await keys.type("and another");
  await keys.press("Enter");
  await sees(log(page).getByText("and another"));
  await isFocused(box(page));
  await keys.type("bold");
  await keys.press("Shift+Home", "Control+b", "Enter");
  await sees(log(page).locator("strong", { hasText: "bold" }));
  assert.equal(await box(page).inputValue(), "");
}

async function picksAnEmoji(keys) {
  const { page } = keys;
  const picker = page.getByRole("dialog", { name: "Choose an emoji" });
  await keys.tabTo(page.getByRole("button", { name: "Emoji" }));
  await keys.press("Enter");
  await isFocused(picker.getByLabel("Search emoji"));
  await keys.press("Escape");
  await seesNo(picker);
  await isFocused(page.getByRole("button", { name: "Emoji" }));
  await keys.press("Enter");
  await isFocused(picker.getByLabel("Search emoji"));
  await keys.type("sauropod");
  await sees(picker.getByRole("gridcell", { name: "Sauropod" }));
  await keys.press("Enter");
  await seesNo(picker);
  await isFocused(box(page));
  assert.equal(await box(page).inputValue(), "🦕");
  await keys.type(" :tad");
  await sees(page.getByRole("listbox", { name: "Emoji that fit" }));
  await keys.press("Enter");
  assert.match(await box(page).inputValue(), /^🦕 🎉 ?$/u);
  await keys.press("Enter");
  await sees(log(page).getByText("🦕 🎉"));
}

async function mentions(keys) {
  const { page } = keys;
  await keys.type("Thank you, @gra");
  const list = page.getByRole("listbox", { name: "People that fit" });
  await sees(list.getByRole("option", { name: "Grace Hopper" }));
  await keys.press("Escape");
  await seesNo(list);
  await keys.press("Backspace");
  await keys.type("a");
  await keys.press("Control+a");
  await keys.type("Thank you, @gra");
  await sees(list);
  await keys.press("Tab");
  await isFocused(box(page));
  assert.match(await box(page).inputValue(), /^Thank you, @Grace Hopper ?$/);
  await keys.press("Enter");
  await sees(log(page).getByText("Thank you,"));
}

/** From the box into the messages, through them, and back to the box. */
async function readsBack(keys) {
  const { page } = keys;
  const focused = () => page.evaluate(() => document.activeElement?.innerText ?? "");
  await keys.tabTo(log(page), "Shift+Tab");
  await keys.press("ArrowUp");
  assert.match(await focused(), /Thank you/, "the newest first");
  await keys.press("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp");
  assert.match(await focused(), /message 60/);
  for (let i = 59; i >= 20; i--) await keys.press("ArrowUp");
  assert.match(await focused(), /message 20/);
  await keys.press("Home");
  await seesMessage(page, "message 1");
  assert.match(await focused(), /message 1(\n|$)/);
  await keys.press("ArrowDown");
  assert.match(await focused(), /message 2(\n|$)/);
  await keys.press("Enter");
  await page.waitForFunction(() => /#m\d+$/.test(location.hash));
  await keys.press("PageDown", "End");
  assert.match(await focused(), /Thank you/);
  await keys.press("Escape");
  await isFocused(box(page));
}

async function switches(keys, channel) {
  const { page } = keys;
  const other = `${channel}-other`;
  const dialog = page.getByRole("dialog", { name: "Switch channel" });
  await keys.press("Control+k");
  await isFocused(dialog.getByRole("combobox"));
  await keys.press("Escape");
  await seesNo(dialog);
  await isFocused(box(page));
  await keys.press("Control+k");
  await isFocused(dialog.getByRole("combobox"));
  await keys.type(other);
  await sees(dialog.getByRole("option", { name: `Open #${other}` }));
  await page.keyboard.press("Enter");
  await sees(log(page, other));
  await isFocused(box(page));
  await keys.type("a draft here");
  await keys.press("Alt+ArrowUp");
  await sees(log(page, channel));
  await isFocused(box(page));
  assert.equal(await box(page).inputValue(), "", "a draft stays in its channel");
  await keys.press("Alt+ArrowDown");
  await sees(log(page, other));
  assert.equal(await box(page).inputValue(), "a draft here");
  await keys.press("Alt+ArrowDown");
  await sees(log(page, channel));
  await isFocused(box(page));
  await sees(channelLink(page, other));
}

async function signsOut(keys) {
  const { page } = keys;
  await keys.tabTo(page.getByRole("button", { name: "Skip to the message box" }), "Shift+Tab");
  await keys.press("Enter");
  await isFocused(box(page));
  await keys.tabTo(page.getByRole("button", { name: "Sign out" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await sees(page.getByRole("button", { name: "Join" }));
  await isFocused(page.getByLabel("Channel"));
}
