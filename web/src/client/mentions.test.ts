import { describe, expect, it } from "vitest";
import { findMentions, MentionIndex, mentions } from "./mentions";

const ADA = { id: "1", name: "Ada" };
const ADA_LOVELACE = { id: "2", name: "Ada Lovelace" };
const BOB = { id: "3", name: "Bob" };
const JOSE = { id: "4", name: "José" };
const MARK = { id: "5", name: "x_y" };
const HAN = { id: "6", name: "한글" };
const ODYSSEUS = { id: "7", name: "Οδυσσεύς" };
const ROCKET = { id: "8", name: "🚀 Rocket" };
const HOME = { id: "9", name: "cat@home" };
const ZOE = { id: "10", name: "dr. Zoë-Ann" };

const EVERYONE = [ADA, ADA_LOVELACE, BOB, JOSE, MARK, HAN, ODYSSEUS, ROCKET, HOME, ZOE];

describe("findMentions", () => {
  it.each<[name: string, text: string, want: readonly string[]]>([
    ["a text without one", "Ada and Bob", []],
    ["a name alone", "@Bob", ["@Bob:3"]],
    ["in a sentence", "so, @Bob, what now?", ["@Bob:3"]],
    ["several", "@Bob @Ada: (@José)", ["@Bob:3", "@Ada:1", "@José:4"]],
    ["in another case", "@BOB @ada lovelace", ["@BOB:3", "@ada lovelace:2"]],
    ["the longest name wins", "@Ada Lovelace said", ["@Ada Lovelace:2"]],
    ["the shorter one where the longer does not end", "@Ada Lovelaces", ["@Ada:1"]],
    ["not across lines", "@Ada\nLovelace", ["@Ada:1"]],
    ["a name with another kind of space", "@Ada\u00a0Lovelace", ["@Ada\u00a0Lovelace:2"]],
    ["whose", "@Ada's and @Bob’s", ["@Ada:1", "@Bob:3"]],
    ["not in a longer name", "@Bobby @Bob2 @Bob_ @Bob-Ann @bob.smith", []],
    ["before a full stop and a dash", "@Bob. @Bob - @Bob... @Bob-", ["@Bob:3", "@Bob:3", "@Bob:3", "@Bob:3"]],
    ["not behind a letter", "x@Bob 1@Bob _@Bob é@Bob e\u0301@Bob", []],
    ["not in an email address", "mail bob@ada, or @ada@example.com, ada.x@Bob", []],
    ["not in an address", "https://example.com/@Bob and x://@Bob", []],
    ["behind an address", "https://example.com/ @Bob", ["@Bob:3"]],
    ["behind marks", "(@Bob) **@Bob** @@Bob /@Bob", ["@Bob:3", "@Bob:3", "@Bob:3", "@Bob:3"]],
    ["a composed name typed in parts", "@Jose\u0301!", ["@Jose\u0301:4"]],
    ["not where a mark makes it another letter", "@Bob\u0301", []],
    ["a name with an underscore", "@X_Y", ["@X_Y:5"]],
    ["Hangul typed in jamo", "@\u1112\u1161\u11ab\u1100\u1173\u11af", ["@\u1112\u1161\u11ab\u1100\u1173\u11af:6"]],
    ["Greek in upper case", "@ΟΔΥΣΣΕΎΣ", ["@ΟΔΥΣΣΕΎΣ:7"]],
    ["places in UTF-16 units", "🚀🚀 @🚀 rocket", ["@🚀 rocket:8"]],
    ["a name with an at sign", "hi @cat@home", ["@cat@home:9"]],
    ["a name with marks", "hi @Dr. Zoë-Ann, hi", ["@Dr. Zoë-Ann:10"]],
    ["words that mean everybody", "@here @all @channel", []],
    ["an at sign alone", "@ Bob @", []],
  ])("%s", (_, text, want) => {
    const found = findMentions(text, EVERYONE);
    expect(found.map(({ start, end, userIds }) => `${text.slice(start, end)}:${userIds}`)).toEqual(want);
  });

  it("means all who share a name", () => {
    const found = findMentions("@bob", [BOB, { id: "b2", name: " BOB " }, BOB, { id: "b3", name: "" }]);
    expect(found).toEqual([{ start: 0, end: 4, userIds: ["3", "b2"] }]);
  });

  it("finds nobody among nobody", () => {
    expect(findMentions("@Bob @", [])).toEqual([]);
    expect(findMentions("@ @@", [{ id: "1", name: " " }])).toEqual([]);
  });
});

describe("mentions", () => {
  it.each([
    ["@Ada", true],
    ["@Bob", false],
    ["Ada", false],
    ["@Ada Lovelace", true],
  ])("%s: %s", (text, want) => {
    expect(mentions(text, ADA)).toBe(want);
  });

  it("leaves a longer name to its owner", () => {
    const everyone = new MentionIndex(EVERYONE);
    expect(mentions("@Ada Lovelace", ADA, everyone)).toBe(false);
    expect(mentions("@Ada Lovelace", ADA_LOVELACE, everyone)).toBe(true);
  });
});

it("looks at no more of a text than the names allow, however many there are", () => {
  const users = Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, name: `Person ${i} of many` }));
  const index = new MentionIndex(users);
  const text = "@Person 7 of many, ".repeat(200);
  const from = performance.now();
  for (let i = 0; i < 50; i++) expect(index.find(text)).toHaveLength(200);
  expect(index.find("@".repeat(4000))).toEqual([]);
  expect(performance.now() - from).toBeLessThan(5000); // users × text would be a minute
});
