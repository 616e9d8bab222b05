import { describe, expect, it } from "vitest";
import { BACKOFF_CAP_MS, backoff } from "./backoff";
import { afterClose, FLOOD_PAUSE_MS } from "./close-codes";
import { formatPosition, parsePosition } from "./position";
import { channelUrl } from "./session";
import { cleanText, isSendable } from "./text-rules";
import { uuidv7 } from "./uuid";

describe("backoff", () => {
  it.each([
    [0, 1_000],
    [1, 2_000],
    [4, 16_000],
    [5, BACKOFF_CAP_MS],
    [1_000_000, BACKOFF_CAP_MS],
  ])("of attempt %i is spread over 0 to %i ms", (attempt, most) => {
    expect(backoff(attempt, () => 0)).toBe(0);
    expect(backoff(attempt, () => 0.5)).toBe(most / 2);
    expect(backoff(attempt, () => 1)).toBe(most);
  });
});

describe("afterClose", () => {
  it.each([
    [1000, { kind: "reconnect", atLeastMs: 0 }],
    [1001, { kind: "reconnect", atLeastMs: 0 }],
    [1003, { kind: "halt" }],
    [1005, { kind: "reconnect", atLeastMs: 0 }],
    [1006, { kind: "reconnect", atLeastMs: 0 }],
    [1007, { kind: "halt" }],
    [1008, { kind: "reconnect", atLeastMs: FLOOD_PAUSE_MS }],
    [1009, { kind: "halt" }],
    [1012, { kind: "reconnect", atLeastMs: 0 }],
    [4001, { kind: "renew" }],
    [4008, { kind: "reconnect", atLeastMs: 0 }],
    [4029, { kind: "reconnect", atLeastMs: FLOOD_PAUSE_MS }],
    [4999, { kind: "reconnect", atLeastMs: 0 }],
  ])("%i", (code, want) => {
    expect(afterClose(code)).toEqual(want);
  });
});

describe("position", () => {
  it.each(["e:0", "k3v9x1q7m2b8:812"])("reads %s and writes it back", (text) => {
    const position = parsePosition(text);
    expect(position && formatPosition(position)).toBe(text);
  });

  it.each(["", ":", "e:", ":1", "e:-1", "e:01", "e:1.5", "e:1e3", " e:1", "e:1 ", "E:1", "e:1:2", undefined, 7, null])(
    "refuses %j",
    (text) => {
      expect(parsePosition(text)).toBeUndefined();
    },
  );
});

describe("channelUrl", () => {
  it("names where to go on, and as whom", () => {
    const after = { epoch: "e", seq: 7 };
    const url = channelUrl({ origin: "http://chat.test:8080", token: "a+b", after, session: "s 1" });
    expect(url).toBe("ws://chat.test:8080/channel?token=a%2Bb&after=e%3A7&session=s+1");
  });

  it("is safe where the page is, and short at first", () => {
    expect(channelUrl({ origin: "https://chat.test", token: "t" })).toBe("wss://chat.test/channel?token=t");
  });
});

describe("texts", () => {
  it.each([
    ["hey", true],
    ["", false],
    [" \n\t", false],
    ["x".repeat(4000), true],
    ["x".repeat(4001), false],
    ["😀".repeat(4000), true],
    ["😀".repeat(4001), false],
  ])("%j may be sent: %s", (text, want) => {
    expect(isSendable(text)).toBe(want);
  });

  it.each([
    ["  code\n  more \n\n", "  code\n  more"],
    ["\n \n  first", "  first"],
    ["a\u0000b", "ab"],
    ["\ud800", "\ufffd"],
  ])("%j is sent as %j", (text, want) => {
    expect(cleanText(text)).toBe(want);
  });
});

describe("uuidv7", () => {
  it("begins with the time, and is another each time", () => {
    const [a, b] = [uuidv7(0x0198_0000_0001), uuidv7(0x0198_0000_0001)];
    expect(a).toMatch(/^01980000-0001-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(a).not.toBe(b);
  });
});
