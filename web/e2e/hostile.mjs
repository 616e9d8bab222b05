// Whatever a person types, or is called, is text: it runs nothing, leads nowhere, and leaves the page whole.
import assert from "node:assert/strict";
import { Crowd } from "./lib/crowd.mjs";
import { fromEnd } from "./lib/list.mjs";
import { box, frames, isWhole, log, opensChannel, say, sees, seesMessage, signIn } from "./lib/steps.mjs";

const LIMIT = 4_000; // characters in a message
const MARKS = "\u0300\u0301\u0308\u030a\u0323\u0336\u0489";

const MARKUP = [
  '<img src=x onerror="window.ran=1">',
  "<script>window.ran=1</script>",
  '<svg/onload="window.ran=1">',
  '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
  '<a href="javascript:window.ran=1">click me</a>',
  "<!-- <b>not</b> a comment --> &lt;b&gt; &#60;",
  "<style>*{display:none!important}</style>",
  '<form action="https://outside.example"><button>Join</button></form>',
  "&#106;avascript:window.ran=1",
  "{{constructor.constructor('window.ran=1')()}}",
];

const LINKS = [
  "[x](javascript:window.ran=1)",
  "[x](JaVaScRiPt:window.ran=1)",
  "[x](java\tscript:window.ran=1)",
  "[x](&#106;avascript:window.ran=1)",
  "[x](&#x6A;avascript&colon;window.ran=1)",
  "[x](\u0001javascript:window.ran=1)",
  "[x](data:text/html,<script>window.ran=1</script>)",
  "[x](vbscript:window.ran=1)",
  "[x](blob:window.ran=1)",
  "[x](file:///etc/passwd)",
  "<javascript:window.ran=1>",
  "[x]: javascript:window.ran=1\n\n[x]",
  "![x](javascript:window.ran=1)",
  "![x](https://outside.example/spy.png)",
  '[x](https://example.com" onclick="window.ran=1)',
  "javascript:window.ran=1",
];

const NAMES = [
  '<img src=x onerror="window.ran=1">',
  `Zalgo${MARKS.repeat(10)}`,
  "W".repeat(100),
  "\u200bGrace",
  "**Bold** [x](javascript:window.ran=1)",
];

export async function run(stage) {
  const page = await signIn(stage, "Ada");
  const crowd = await Crowd.gather(stage);
  await crowd.join("Eve");
  await isText(page, crowd);
  await keepsTheLayout(page, crowd);
  await keepsUpWithTallOnes(page, crowd);
  await hasNames(page, crowd);
  await isTypedByOneself(page);
  await isTheNameOfAChannel(stage, page);
  await isTheSameOnAPhone(stage);
}

/** Markup is shown as it was written, and no link leads where a script would. */
async function isText(page, crowd) {
  for (const [i, text] of [...MARKUP, ...LINKS].entries()) await crowd.say("Eve", `${i}: ${text}`);
  await crowd.say("Eve", "after the markup");
  await seesMessage(page, "after the markup");
  for (const [i, text] of MARKUP.entries()) await sees(log(page).getByText(`${i}: ${text}`, { exact: true }));
  const found = await log(page).evaluate((list) => ({
    elements: [
      ...list.querySelectorAll("script, iframe, style, form, object, embed, [onerror], [onload], [onclick]"),
    ].map((element) => element.outerHTML),
    links: [...list.querySelectorAll("a, area")].map(({ href, protocol }) => ({ href, protocol })),
    pictures: [...list.querySelectorAll("img")].map(({ src }) => src),
  }));
  assert.deepEqual(found.elements, []);
  assert.deepEqual(found.pictures, []);
  for (const { href, protocol } of found.links) assert.match(protocol, /^https?:$/, href);
  for (const link of await log(page).getByText("x", { exact: true }).all()) await link.click();
  await nothingRan(page);
  await isWhole(page, "with markup");
}

const LAYOUTS = [
  ["overrides of the direction", "\u202e\u2067\u2066\u202d turned around \u202e"],
  ["letters that run from right to left", "שלום עולם، مرحبا بالعالم <b>"],
  ["a word of 4,000 letters", "w".repeat(LIMIT)],
  ["nothing to be seen", `a${"\u200b\u200d\u2060\ufeff".repeat(900)}b`],
  ["4,000 new lines", `a${"\n".repeat(LIMIT - 2)}b`],
  ["quotes in quotes", `${">".repeat(1_900)} deep`],
  [
    "lists in lists",
    Array.from({ length: 85 }, (_, i) => `${" ".repeat(i)}- ${i}`)
      .join("\n")
      .slice(0, LIMIT),
  ],
  ["emphasis in emphasis", `${"*_".repeat(900)}deep${"_*".repeat(900)}`],
  ["brackets", "[".repeat(LIMIT)],
  ["links in links", "[a](".repeat(LIMIT / 4)],
  ["backticks", `${"`".repeat(1_999)}a${"`".repeat(1_998)}`],
  ["a code block without an end", `\`\`\`\n${"x".repeat(1_000)}\n${"y\n".repeat(1_000)}`],
  ["a table", `|${"a|".repeat(200)}\n|${"-|".repeat(200)}\n|${"b|".repeat(200)}`],
  ["the widest letters", "\ufdfd".repeat(1_000)],
  ["the highest letters", "\u{12031}\u{a9c5}".repeat(500)],
];

/** However long, deep or wide a text is: the box stays, nothing scrolls sideways, and the rows beside are left alone. */
async function keepsTheLayout(page, crowd) {
  // 10,000 marks on one letter do not fit into a message: three of them hold 3,990 each.
  const marks = ["ring", "bell", "door"].map((word) => `${word}${MARKS.repeat(570)}`);
  for (const [i, [what, text]] of [...LAYOUTS, ...marks.map((mark) => ["combining marks", mark])].entries()) {
    await crowd.say("Eve", text);
    await crowd.say("Eve", `after ${i}`);
    await seesMessage(page, `after ${i}`);
    await isWhole(page, what);
    await leavesNeighboursAlone(page, what, `after ${i}`);
  }
  await nothingRan(page);
}

/** The row after a text looks the same, be the text there to be seen or not. */
async function leavesNeighboursAlone(page, what, neighbour) {
  const row = log(page)
    .locator("[data-item-index]")
    .filter({ has: page.getByText(neighbour, { exact: true }) });
  const clip = await row.boundingBox();
  const shown = await page.screenshot({ clip });
  await setVisibility(row, "hidden");
  const alone = await page.screenshot({ clip });
  await setVisibility(row, "");
  assert.ok(shown.equals(alone), `${what}: it paints over "${neighbour}"`);
}

async function setVisibility(row, visibility) {
  await row.evaluate((element, visibility) => {
    for (const other of element.parentElement.children) if (other !== element) other.style.visibility = visibility;
  }, visibility);
  await frames(row.page());
}

/** Who is at the end stays there, with messages in sight, when many tall ones come at once. */
async function keepsUpWithTallOnes(page, crowd) {
  for (let i = 0; i < 8; i++) {
    for (const text of [`burst ${i}`, "w".repeat(LIMIT), `after burst ${i}`]) await crowd.say("Eve", text);
    await isInSight(page, `after burst ${i}`);
  }
  assert.ok((await fromEnd(page)) <= 1, "the list is at its end");
}

async function isInSight(page, text) {
  await seesMessage(page, text);
  await page.waitForFunction((text) => {
    const list = document.querySelector('[role="log"]');
    const row = [...list.querySelectorAll("article")].find(({ textContent }) => textContent.endsWith(text));
    return row && row.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom;
  }, text);
}

/** Names that would turn the text around them are refused; the others are but names. */
async function hasNames(page, crowd) {
  await assert.rejects(crowd.join("Eve\u2069\u202e"), /invalid_name/);
  for (const name of NAMES) {
    await crowd.join(name);
    await crowd.say(name, `said by number ${NAMES.indexOf(name)}`);
    await seesMessage(page, `said by number ${NAMES.indexOf(name)}`);
    await sees(page.getByRole("list", { name: "People" }).getByText(name, { exact: true }));
    await isWhole(page, `with ${JSON.stringify(name.slice(0, 20))}`);
  }
  await box(page).fill("@");
  await sees(page.getByRole("listbox", { name: "People that fit" }));
  await isWhole(page, "with the names to choose from");
  await box(page).fill("");
  for (const name of NAMES) await crowd.leave(name);
  await sees(log(page).getByText(/ left/));
  await isWhole(page, "when all are gone");
  await nothingRan(page);
}

/** The box itself takes the same texts, and what is sent goes the same way. */
async function isTypedByOneself(page) {
  for (const text of [MARKUP[0], "w".repeat(LIMIT), `a${"\n".repeat(LIMIT - 2)}b`]) {
    await box(page).fill(text);
    await isWhole(page, "while writing it");
    await box(page).press("Enter");
  }
  await box(page).fill("w".repeat(LIMIT + 1));
  await sees(page.getByText("1 character too many"));
  assert.ok(await page.getByRole("button", { name: "Send" }).isDisabled());
  await box(page).press("Enter");
  assert.equal((await box(page).inputValue()).length, LIMIT + 1, "what is too long stays");
  await say(page, "at last");
  await seesMessage(page, "at last");
  await isWhole(page, "after all that");
  await nothingRan(page);
}

async function isTheNameOfAChannel(stage, page) {
  const long = "ch".repeat(32);
  await opensChannel(page, long);
  await isWhole(page, "in a channel with a long name");
  await page.goto(`${stage.url}/c/${encodeURIComponent('<img src=x onerror="window.ran=1">')}`);
  await sees(page.getByText(/cannot be opened|Join a channel|This is where/));
  await nothingRan(page);
}

async function isTheSameOnAPhone(stage) {
  const page = await signIn(stage, "Ada on a phone", {
    viewport: { width: 360, height: 640 },
    hasTouch: true,
    isMobile: true,
  });
  await seesMessage(page, "at last");
  await isWhole(page, "on a phone");
  for (let i = 0; i < 12; i++) {
    await log(page).evaluate((list) => {
      list.scrollTop -= list.clientHeight;
    });
    await isWhole(page, `on a phone, ${i} screens up`);
  }
  await nothingRan(page);
}

async function nothingRan(page) {
  assert.equal(await page.evaluate(() => window.ran), undefined, "a script ran");
}
