import { describe, expect, it } from "vitest";
import { faultyFields } from "./credential-rules";

const good = { name: "Ada", email: "", channel: "lobby" };

describe("faultyFields", () => {
  it.each([
    ["what is well", {}, []],
    ["all at once", { name: " ", email: "ada", channel: "no such" }, ["name", "email", "channel"]],
    ["no channel", { channel: "" }, ["channel"]],
    ["an address", { email: "ada@example.com" }, []],
    ["an address that is odd, and one all the same", { email: '"a b"@localhost' }, []],
    ["no local part", { email: "@example.com" }, ["email"]],
    ["no domain", { email: "ada@" }, ["email"]],
    ["the longest name", { name: "😀".repeat(100) }, []],
    ["a longer one", { name: "x".repeat(101) }, ["name"]],
    ["a control character", { name: "A\u0007da" }, ["name"]],
    ["letters, marks and digits of any script", { channel: "Ünï-कि_٣" }, []],
    ["a dot", { channel: "a.b" }, ["channel"]],
    ["a wildcard", { channel: ">" }, ["channel"]],
    ["a number that is no digit", { channel: "½" }, ["channel"]],
    ["64 that 128 code points compose to", { channel: "e\u0301".repeat(64) }, []],
    ["65 of them", { channel: "e\u0301".repeat(65) }, ["channel"]],
  ])("%s", (_, change, want) => {
    expect(faultyFields({ ...good, ...change })).toEqual(want);
  });
});
