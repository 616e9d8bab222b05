// Nothing comes from outside, and nothing but pictures is asked for there; a chosen theme is there before the first
// paint; and the past can be looked at.
import assert from "node:assert/strict";
import { Crowd } from "./lib/crowd.mjs";
import { box, log, say, sees, seesMessage, seesNo, signIn } from "./lib/steps.mjs";

export async function run(stage) {
  const context = await stage.browserOf({ colorScheme: "light" });
  const asked = [];
  context.on("request", (request) => asked.push(request.url()));
  const page = await signIn(stage, "Ada Lovelace", { email: "ada@example.com", context });
  await usesAllThatIsLoadedLate(stage, page);
  const outside = asked.filter((url) => !url.startsWith(stage.url) && !url.startsWith("data:"));
  assert.ok(outside.length > 0, "a picture was asked for");
  for (const url of outside) assert.match(url, /^https:\/\/www\.gravatar\.com\/avatar\/[0-9a-f]{32}\?s=\d+(&d=404)?$/);
  await sees(page.getByRole("list", { name: "People" }).getByText("AL", { exact: true }));

  await keepsTheTheme(stage, page);
  await looksBack(page);
}

async function usesAllThatIsLoadedLate(stage, page) {
  await say(page, "```js\nlet a = 1;\n```\n\n**bold** and @Grace Hopper");
  await sees(log(page).locator("strong", { hasText: "bold" }));
  await page.getByRole("button", { name: "Emoji" }).click();
  await sees(page.getByRole("dialog", { name: "Choose an emoji" }).getByRole("gridcell"));
  await page.keyboard.press("Escape");
  await box(page).fill(":tad");
  await sees(page.getByRole("listbox", { name: "Emoji that fit" }));
  await box(page).fill("");
  await page.keyboard.press("Control+k");
  await sees(page.getByRole("dialog", { name: "Switch channel" }));
  await page.keyboard.press("Escape");
  const crowd = await Crowd.gather(stage);
  await crowd.join("Grace Hopper", { email: "grace@example.com" });
  await crowd.say("Grace Hopper", "with a picture that cannot be had");
  await seesMessage(page, "with a picture that cannot be had");
}

/** The page is dark from its first frame on when that was chosen, on a system that is light; and so in all its tabs. */
async function keepsTheTheme(stage, page) {
  const other = await stage.page("/", { context: page.context() });
  await sees(log(other));
  await page.getByLabel("Theme").selectOption("dark");
  for (const shown of [page, other]) {
    await shown.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  }
  await other.addInitScript(() => {
    window.themes = [];
    const look = () => {
      window.themes.push(document.documentElement.dataset.theme);
      if (window.themes.length < 100) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await other.reload();
  await sees(log(other));
  const { themes, background } = await other.evaluate(() => ({
    themes: [...new Set(window.themes)],
    background: getComputedStyle(document.querySelector("main").parentElement).backgroundColor,
  }));
  assert.deepEqual(themes, ["dark"], "at each frame");
  assert.match(background, /^rgb\((\d|1\d|2\d), (\d|1\d|2\d), (\d|1\d|2\d)\)$/);
  await page.getByLabel("Theme").selectOption("system");
  await other.waitForFunction(() => document.documentElement.dataset.theme === "light");
  await other.close();
}

/** The slider leads to the moment when the first message was said; *back* and Escape lead to now. */
async function looksBack(page) {
  await page.getByRole("button", { name: "History" }).click();
  const slider = page.getByRole("slider", { name: "Moment" });
  await sees(slider);
  await seesMessage(page, "with a picture that cannot be had");
  assert.equal(await box(page).count(), 0, "the past cannot be written to");
  await slider.focus();
  await page.keyboard.press("Home");
  await seesNo(log(page).getByText("with a picture that cannot be had"));
  await sees(log(page).locator("strong", { hasText: "bold" }));
  await page.keyboard.press("End");
  await seesMessage(page, "with a picture that cannot be had");
  await page.getByRole("button", { name: "Back to now" }).click();
  await sees(box(page));
  await page.getByRole("button", { name: "History" }).click();
  await sees(slider);
  await page.keyboard.press("Escape");
  await sees(box(page));
}
