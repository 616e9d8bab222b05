// What a checker of accessibility finds, in light and dark, on a desk and on a phone, with all that opens.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Crowd } from "./lib/crowd.mjs";
import { box, log, say, sees, seesMessage, signIn } from "./lib/steps.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SERIOUS = new Set(["serious", "critical"]);
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

const TEXTS = [
  "Good morning **all**, the *minutes* are [here](https://example.com/minutes). ~~Old~~ `code`",
  "```js\nconst answer = 42;\nconsole.log(answer);\n```",
  "> a quote\n\n- one\n- two",
  "@Ada, look at https://example.com 🎉",
  `a long text, ${"and on it goes, ".repeat(120)}`,
];

export async function run(stage) {
  const found = new Findings();
  const crowd = await Crowd.gather(stage);
  await crowd.join("Grace Hopper", { email: "grace@example.com" });
  await crowd.join("Alan Turing");
  for (const text of TEXTS) await crowd.say("Grace Hopper", text);
  for (const colorScheme of ["light", "dark"]) {
    found.rules = colorScheme === "dark" ? ["color-contrast"] : undefined; // the rest does not depend on the theme
    await onADesk(stage, colorScheme, found);
    await onAPhone(stage, colorScheme, found);
  }
  assert.deepEqual(found.serious, []);
}

async function onADesk(stage, colorScheme, found) {
  const page = await stage.page("/", { colorScheme });
  await found.check(page, `${colorScheme}, the form`);
  await page.getByRole("button", { name: "Join" }).click();
  await sees(page.getByText("Give a name of at most 100 characters."));
  await found.check(page, `${colorScheme}, the form with faults`);
  await signIn(stage, "Ada", { page });
  await seesMessage(page, "a quote");
  await say(page, `from the ${colorScheme} side`);
  await seesMessage(page, `from the ${colorScheme} side`);
  await found.check(page, `${colorScheme}, a channel`);

  await page.getByRole("button", { name: "Emoji" }).click();
  await sees(page.getByRole("dialog", { name: "Choose an emoji" }).getByRole("gridcell"));
  await found.check(page, `${colorScheme}, the emoji`);
  await page.keyboard.press("Escape");
  await box(page).fill("@");
  await sees(page.getByRole("listbox", { name: "People that fit" }));
  await found.check(page, `${colorScheme}, people to mention`);
  await box(page).fill("");
  await page.keyboard.press("Control+k");
  await sees(page.getByRole("dialog", { name: "Switch channel" }).getByRole("option"));
  await found.check(page, `${colorScheme}, the switcher`);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "History" }).click();
  await sees(page.getByRole("slider", { name: "Moment" }));
  await found.check(page, `${colorScheme}, the past`);
  await page.getByRole("button", { name: "Back to now" }).click();

  await page.context().setOffline(true);
  await say(page, "not on its way yet");
  await sees(page.getByRole("status", { name: "Connection" }).getByRole("button", { name: "Now" }));
  await found.check(page, `${colorScheme}, offline`);
}

async function onAPhone(stage, colorScheme, found) {
  const page = await signIn(stage, "Ada on a phone", { colorScheme, ...PHONE });
  await sees(log(page).getByText("a quote"));
  await found.check(page, `${colorScheme}, a phone`);
  for (const panel of ["Channels", "People"]) {
    await page.getByRole("button", { name: new RegExp(`^${panel}`) }).tap();
    await sees(page.getByRole("dialog", { name: panel }));
    await found.check(page, `${colorScheme}, the panel of ${panel}`);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: panel }).waitFor({ state: "hidden" });
  }
}

/** What is serious, each fault once for each place that has it. */
class Findings {
  serious = [];
  /** Undefined is all of them. */
  rules;

  /** The checker is a script in the page, which the page's policy has no say in: the browser's own tools put it there. */
  async check(page, where) {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate((rules) => {
      return window.axe.run({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
    }, this.rules);
    for (const { id, impact, nodes } of violations.filter(({ impact }) => SERIOUS.has(impact))) {
      const some = nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`);
      this.serious.push({ where, id, impact, count: nodes.length, some });
    }
  }
}
