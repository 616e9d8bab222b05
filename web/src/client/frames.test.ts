import { describe, expect, it } from "vitest";
import { isLogFrame, parseFrame } from "./frames";

const user = { id: "a", name: "Ada" };
const at = "2026-01-01T12:00:00.123456789Z";

describe("parseFrame", () => {
  const good: [name: string, frame: Record<string, unknown>, want?: Record<string, unknown>][] = [
    ["message", { type: "message", seq: 120, prev: 117, id: "x", from_user: user, sent_at: at, text: "hey" }],
    ["join", { type: "join", seq: 121, prev: 120, from_user: user, sent_at: at, session: "s" }],
    [
      "join with its term",
      { type: "join", seq: 121, prev: 120, from_user: user, sent_at: at, session: "s", term: "t" },
    ],
    ["leave", { type: "leave", seq: 125, prev: 0, from_user: user, sent_at: at, session: "s", reason: "lost" }],
    ["presence", { type: "presence", seq: 9, prev: 1, joined: [user], left: [], users: 4321 }],
    ["a presence that a message overtook", { type: "presence", seq: 9, prev: 9, joined: [], left: [], users: 300 }],
    [
      "hello",
      { type: "hello", session: "s", position: "e1:7", ping_ms: 25000 },
      { type: "hello", session: "s", position: { epoch: "e1", seq: 7 }, ping_ms: 25000 },
    ],
    [
      "hello without ping_ms",
      { type: "hello", session: "s", position: "e1:7" },
      { type: "hello", session: "s", position: { epoch: "e1", seq: 7 }, ping_ms: 25000 },
    ],
    ["reset", { type: "reset", position: "e1:0" }, { type: "reset", position: { epoch: "e1", seq: 0 } }],
    ["ack", { type: "ack", id: "x", seq: 126 }],
    ["ack of an auth", { type: "ack" }],
    ["error", { type: "error", id: "x", code: "rate_limited", message: "Wait.", retry_after_ms: 800 }],
    ["error of a code to come", { type: "error", code: "new_code", message: "?" }],
    ["typing", { type: "typing", from_user: user }],
  ];
  it.each(good)("reads %s", (_, frame, want = frame) => {
    expect(parseFrame(JSON.stringify(frame))).toEqual(want);
  });

  it.each(good)("ignores unknown fields in %s", (_, frame, want = frame) => {
    const more = {
      ...frame,
      v: 9,
      later: { any: ["thing"] },
      ...("from_user" in frame && { from_user: { ...user, mood: 1 } }),
    };
    expect(parseFrame(JSON.stringify(more))).toEqual(want);
  });

  const message = { type: "message", seq: 2, prev: 1, id: "x", from_user: user, sent_at: at, text: "hey" };
  const junk: [name: string, data: unknown][] = [
    ["nothing", ""],
    ["what is not JSON", "{"],
    ["a number", "1"],
    ["null", "null"],
    ["a list", "[]"],
    ["a blob", new Blob()],
    ["no type", "{}"],
    ["an unknown type", '{"type":"reaction","seq":3,"prev":2}'],
    ["a type of Object.prototype", '{"type":"toString"}'],
    ["seq 0", JSON.stringify({ ...message, seq: 0, prev: 0 })],
    ["a seq that is text", JSON.stringify({ ...message, seq: "2" })],
    ["a seq that is no whole number", JSON.stringify({ ...message, seq: 2.5 })],
    ["a seq beyond what a number holds", '{"type":"message","seq":99999999999999999999,"prev":1}'],
    ["a negative prev", JSON.stringify({ ...message, prev: -1 })],
    ["a prev that is not before", JSON.stringify({ ...message, prev: 2 })],
    ["no prev", JSON.stringify({ ...message, prev: undefined })],
    ["no user", JSON.stringify({ ...message, from_user: undefined })],
    ["a user without an id", JSON.stringify({ ...message, from_user: { name: "Ada" } })],
    ["no text", JSON.stringify({ ...message, text: undefined })],
    ["a text that is markup in JSON", JSON.stringify({ ...message, text: { html: "<b>" } })],
    ["a join without a session", JSON.stringify({ ...message, type: "join" })],
    ["a hello without a position", '{"type":"hello","session":"s"}'],
    ["a malformed position", '{"type":"reset","position":"e1:07"}'],
    ["a presence without its number", '{"type":"presence","seq":9,"prev":1,"joined":[],"left":[]}'],
  ];
  it.each(junk)("takes %s for nothing", (_, data) => {
    expect(parseFrame(data)).toBeUndefined();
  });

  it("reads a summary whose lists are odd", () => {
    const frame = { type: "presence", seq: 9, prev: 1, joined: [user, 1, null, {}], left: "?", users: 3 };
    expect(parseFrame(JSON.stringify(frame))).toMatchObject({ joined: [user], left: [] });
  });

  it("tells frames of the log from the rest", () => {
    const isLog = good.map(([, frame]) => parseFrame(JSON.stringify(frame))).map((frame) => frame && isLogFrame(frame));
    expect(isLog).toEqual([...Array(6).fill(true), ...Array(8).fill(false)]);
  });
});
