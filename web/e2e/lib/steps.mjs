import assert from "node:assert/strict";

/** A machine that runs other tests at the same time is slow, in milliseconds. */
export const PATIENCE_MS = 30_000;

/** Joins a channel through the form, in a browser of one's own unless a page is given. */
export async function signIn(stage, name, options = {}) {
  const { email = "", channel = stage.channel, page: given, ...rest } = options;
  const page = given ?? (await stage.page("/", rest));
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Channel").fill(channel);
  await page.getByRole("button", { name: "Join" }).click();
  await sees(log(page, channel));
  return page;
}

export function log(page, channel) {
  return channel === undefined
    ? page.getByRole("log")
    : page.getByRole("log", { name: `Messages in ${channel}`, exact: true });
}

/** The box where one writes. */
export function box(page) {
  return page.getByLabel("Message", { exact: true });
}

/** Writes and sends, by Enter. */
export async function say(page, text) {
  await box(page).fill(text);
  await box(page).press("Enter");
}

export function sees(locator) {
  return locator.first().waitFor({ state: "visible", timeout: PATIENCE_MS });
}

export function seesNo(locator) {
  return locator.first().waitFor({ state: "hidden", timeout: PATIENCE_MS });
}

/** Sees a message with this text. */
export function seesMessage(page, text) {
  return sees(log(page).getByText(text, { exact: true }));
}

export async function opensChannel(page, channel) {
  await page.getByRole("button", { name: "New or other channel" }).click();
  await page.getByLabel("Name of the channel").fill(channel);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await sees(log(page, channel));
}

/** A channel in the sidebar. */
export function channelLink(page, channel) {
  return page.getByRole("list", { name: "Channels" }).getByRole("link", { name: new RegExp(`^#${channel}(?!\\S)`) });
}

/** Waits for a condition that is not one of the page. */
export async function until(what, condition) {
  for (const end = Date.now() + PATIENCE_MS; !(await condition()); ) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 25)); // between two looks at the condition
  }
}

/** Waits until the page has been drawn anew, twice: in the first frame it may mend what it finds. */
export function frames(page) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Nothing is wider than the screen, nothing is below it, and one can write. */
export async function isWhole(page, when) {
  await frames(page);
  const sizes = await page.evaluate(() => {
    const list = document.querySelector('[role="log"]');
    const { scrollWidth, scrollHeight } = document.documentElement;
    return { page: [scrollWidth, scrollHeight], list: list ? list.scrollWidth - list.clientWidth : 0 };
  });
  const { width, height } = page.viewportSize();
  assert.ok(sizes.page[0] <= width, `${when}: the page is ${sizes.page[0]} px wide, the screen ${width}`);
  assert.ok(sizes.page[1] <= height, `${when}: the page is ${sizes.page[1]} px high, the screen ${height}`);
  assert.ok(sizes.list <= 0, `${when}: the list is ${sizes.list} px too wide`);
  const place = await box(page).boundingBox();
  assert.ok(place, `${when}: there is no box to write in`);
  const isInside =
    place.x >= 0 && place.x + place.width <= width && place.y > height / 4 && place.y + place.height <= height;
  assert.ok(isInside, `${when}: the box is at ${JSON.stringify(place)}`);
}
