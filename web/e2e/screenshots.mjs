// Takes pictures of the page for the README, from a server that has the company of make-company.mjs:
//   node e2e/screenshots.mjs URL FOLDER
import { join } from "node:path";
import { launchBrowser } from "../test/browser.mjs";
import { crowdNames, LATER, READER } from "./lib/company.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { Stage } from "./lib/stage.mjs";
import { box, channelLink, frames, log, opensChannel, sees, signIn } from "./lib/steps.mjs";

const [url, folder] = process.argv.slice(2);
const WORKSHOP = "workshop";
const EVERYBODY = "all-hands";
const DESK = { viewport: { width: 1200, height: 760 }, deviceScaleFactor: 1 };
const PHONE = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const MANY = 60;

const browser = await launchBrowser();
const stage = new Stage(browser, url, WORKSHOP);
try {
  const form = await stage.page("/", DESK);
  await form.getByLabel("Name").fill(READER.name);
  await form.getByLabel("Email").fill(READER.email);
  await form.getByLabel("Channel").fill(WORKSHOP);
  await picture(form, "sign-in");
  const page = await signIn(stage, READER.name, { email: READER.email, page: form });
  const crowd = await populate(page);

  await picture(page, "light");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "dark");
  await page.emulateMedia({ colorScheme: "light" });

  const phone = await signIn(stage, READER.name, { email: READER.email, ...PHONE });
  await sees(log(phone).getByText(LATER.at(-1)[2]));
  await picture(phone, "phone");

  await goesOffline(page);
  await picture(page, "offline");
  await page.context().setOffline(false);
  await showsMany(page, crowd);
  await picture(page, "many-people");
} finally {
  await browser.close();
}

/** Others are here, there are other channels with something unread, and something new has come since the reader looked. */
async function populate(page) {
  const crowd = await Crowd.gather(stage);
  for (const [name, email] of LATER) await crowd.join(name, { email });
  await crowd.join("Mei-Lin Harrow", { email: "mei@fernwheel.example" });
  for (const channel of ["support", "random"]) {
    await opensChannel(page, channel);
    await crowd.join("Mei-Lin Harrow", { email: "mei@fernwheel.example", channel });
  }
  const meanwhile = [
    ["support", "The parcel for Bergen left at noon."],
    ["support", "@Nadia Okonwe they ask for you by name."],
  ];
  await channelLink(page, "random").click();
  await sees(log(page, "random"));
  for (const [channel, text] of meanwhile) await crowd.say("Mei-Lin Harrow", text, { channel });
  for (const [name, , text] of LATER) await crowd.say(name, text);
  await sees(channelLink(page, WORKSHOP).getByText(/unread/));
  await channelLink(page, WORKSHOP).click();
  await sees(log(page).getByText(LATER.at(-1)[2]));
  await box(page).fill("On my way, with two cups of tea");
  return crowd;
}

async function goesOffline(page) {
  await page.context().setOffline(true);
  await box(page).press("Enter");
  await box(page).fill("And a third one for");
  await sees(page.getByRole("status", { name: "Connection" }).getByText(/^Trying again in \d+ s$/));
}

async function showsMany(page, crowd) {
  await opensChannel(page, EVERYBODY);
  const names = crowdNames(MANY);
  for (const name of names) await crowd.join(name, { channel: EVERYBODY });
  const said = [
    "Good morning from the second floor!",
    "Can everybody hear us?",
    "Loud and clear 👋",
    "We begin in a minute.",
  ];
  await sees(page.getByRole("button", { name: `People: ${MANY + 1}` }));
  for (const [i, text] of said.entries()) {
    await crowd.say(names[i * 7], text, { channel: EVERYBODY });
    await sees(log(page).getByText(text));
  }
}

async function picture(page, name) {
  await page.evaluate(() => document.fonts.ready);
  await frames(page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`${name}.png`);
}
