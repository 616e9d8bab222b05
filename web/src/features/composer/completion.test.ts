import { describe, expect, it } from "vitest";
import { Shortcodes } from "@/shared/emoji/shortcodes";
import { completionAt, completionEdit, MOST_OPTIONS, type Option, triggerAt } from "./completion";

const shortcodes = new Shortcodes({ "😄": "smile", "😏": "smirk", "👍": "+1 thumbsup" });
const people = ["Ada Lovelace", "John Snow", "Jo", "Zoë Åkesson", "Anne-Marie Ó Brien", "李 小龍"].map((name) => ({
  id: name,
  name,
}));

const split = (marked: string): [string, number] => [marked.replace("|", ""), marked.indexOf("|")];
const optionsOf = (marked: string): string[] | undefined =>
  completionAt(...split(marked), { people, shortcodes })?.options.map(({ insert }) => insert);

describe("triggerAt", () => {
  it.each([
    [":sm|", { kind: "emoji", start: 0, query: "sm" }],
    ["hey (:+1|", { kind: "emoji", start: 5, query: "+1" }],
    ["😄:sm|", { kind: "emoji", start: 2, query: "sm" }],
    [":sm|ile", { kind: "emoji", start: 0, query: "sm" }],
    ["hey @|", { kind: "mention", start: 4, query: "" }],
    ["hey @john s|", { kind: "mention", start: 4, query: "john s" }],
    ["(@ad|", { kind: "mention", start: 1, query: "ad" }],
    ["@a @b|", { kind: "mention", start: 3, query: "b" }],
  ])("%j begins %j", (marked, want) => {
    expect(triggerAt(...split(marked))).toEqual(want);
  });

  it.each([
    ["one character after a colon", ":s|"],
    ["a colon in a word", "a:sm|"],
    ["a time", "10:30|"],
    ["an address", "https://x|"],
    ["two colons", "std::move|"],
    ["a smiley", ":-) |"],
    ["an email address", "ada@ex|"],
    ["a sign by itself", "@ ad|"],
    ["another line", "@ad\nhey|"],
    ["a span of code", "`:sm|"],
    ["a block of code", "```\n@ad|"],
    ["nothing", "|"],
    ["the beginning", "|:sm"],
  ])("does not begin with %s", (_, marked) => {
    expect(triggerAt(...split(marked))).toBeUndefined();
  });
});

describe("completionAt", () => {
  it.each([
    [":sm|", ["😄", "😏"]],
    [":SMIL|", ["😄"]],
    [":thumb|", ["👍"]],
    ["@|", people.map(({ name }) => `@${name} `)],
    ["@jo|", ["@John Snow ", "@Jo "]],
    ["@JOHN S|", ["@John Snow "]],
    ["@snow|", ["@John Snow "]],
    ["@a|", ["@Ada Lovelace ", "@Anne-Marie Ó Brien ", "@Zoë Åkesson "]],
    ["@zoe|", ["@Zoë Åkesson "]],
    ["@ake|", ["@Zoë Åkesson "]],
    ["@o b|", ["@Anne-Marie Ó Brien "]],
    ["@marie|", ["@Anne-Marie Ó Brien "]],
    ["@小|", ["@李 小龍 "]],
  ])("%j can become %j", (marked, want) => {
    expect(optionsOf(marked)).toEqual(want);
  });

  it.each([
    ["nobody of that name", "@bob|"],
    ["no middle of a word", "@ohn|"],
    ["a mention that is whole", "@John Snow |"],
    ["a mention that is whole, before a space, so that Enter sends", "ask @john snow|"],
    ["a mention that is whole, and more", "@Jo hn|"],
    ["no such shortcode", ":zz|"],
  ])("offers nothing for %s", (_, marked) => {
    expect(optionsOf(marked)).toBeUndefined();
  });

  it("offers no emoji before they are loaded", () => {
    expect(completionAt(":sm", 3, { people, shortcodes: undefined })).toBeUndefined();
  });

  it("offers so many and no more", () => {
    const many = Array.from({ length: 50 }, (_, i) => ({ id: String(i), name: `Ada ${i}` }));
    expect(completionAt("@ada", 4, { people: many, shortcodes })?.options).toHaveLength(MOST_OPTIONS);
  });
});

describe("completionEdit", () => {
  const ada: Option = { kind: "mention", key: "a", insert: "@Ada ", user: { id: "a", name: "Ada" } };
  it.each([
    ["hey @ad|", { start: 4, end: 7, insert: "@Ada " }],
    ["hey @ad| there", { start: 4, end: 8, insert: "@Ada " }],
    ["hey @ad|, there", { start: 4, end: 7, insert: "@Ada " }],
  ])("in %j is %j", (marked, want) => {
    const [text, caret] = split(marked);
    const trigger = triggerAt(text, caret);
    expect(trigger && completionEdit(text, trigger, ada)).toEqual(want);
  });
});
