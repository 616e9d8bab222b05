import { describe, expect, it } from "vitest";
import { acked, EMPTY_OUTBOX, handed, MAX_PENDING, next, type Outbox, put, refused } from "./outbox";
import { fromRecords, MAX_RECORD_BYTES, MAX_WAIT_MS, toRecords } from "./outbox-record";

const NOW = 1_000_000;
const outboxOf = (...texts: string[]): Outbox =>
  texts.reduce((outbox, text, i) => put(outbox, String(i + 1), text, NOW), EMPTY_OUTBOX);
const reload = (outbox: Outbox): Outbox => fromRecords(JSON.parse(JSON.stringify(toRecords(outbox))), NOW);

describe("an outbox over a reload", () => {
  it("sends what waited again: the same id, as a retry, in order", () => {
    const outbox = reload(handed(outboxOf("one", "two"), "1", NOW));
    expect(outbox.items.map(({ id, at, status }) => [id, at, status])).toEqual([
      ["1", NOW, "sending"],
      ["2", NOW, "sending"],
    ]);
    expect(next(outbox, NOW)).toEqual({ kind: "send", command: { type: "send", id: "1", text: "one", retry: true } });
  });

  it("is the same after many reloads", () => {
    const once = reload(outboxOf("one", "two"));
    expect(reload(reload(once))).toEqual(once);
  });

  it("keeps what failed, with the reason, for a person to decide", () => {
    const failed = refused(outboxOf("one"), { type: "error", id: "1", code: "invalid_text", message: "No." }, NOW);
    expect(reload(failed).items).toMatchObject([{ id: "1", status: "failed", reason: "No." }]);
    expect(next(reload(failed), NOW)).toEqual({ kind: "idle" });
  });

  it("asks the person before it sends what is a day old", () => {
    const later = fromRecords(toRecords(outboxOf("one")), NOW + MAX_WAIT_MS + 1);
    expect(later.items).toMatchObject([{ id: "1", status: "failed", reason: "" }]);
  });

  it("forgets what the server has", () => {
    expect(toRecords(acked(outboxOf("one", "two"), "1", 7)).map(({ id }) => id)).toEqual(["2"]);
  });

  it("keeps the oldest that fit", () => {
    const records = toRecords(outboxOf(...Array.from({ length: 80 }, () => "ü".repeat(4000))));
    expect(records.map(({ id }) => id)).toEqual(Array.from({ length: 32 }, (_, i) => String(i + 1)));
    expect(new TextEncoder().encode(JSON.stringify(records)).length).toBeLessThanOrEqual(MAX_RECORD_BYTES);
  });

  const record = { id: "1", text: "one", at: NOW };
  it.each<[name: string, value: unknown, want: string[]]>([
    ["nothing", undefined, []],
    ["something else", { items: [record] }, []],
    ["what is no record", [null, 1, {}, { ...record, id: "" }, { ...record, at: "now" }, record], ["1"]],
    ["a text that is too long", [{ ...record, text: "x".repeat(4001) }], []],
    ["one id twice", [record, { ...record, text: "two" }], ["1"]],
    [
      "too many",
      Array.from({ length: 150 }, (_, i) => ({ ...record, id: String(i) })),
      { length: MAX_PENDING } as never,
    ],
  ])("reads %s", (_, value, want) => {
    expect(fromRecords(value, NOW).items.map(({ id }) => id)).toMatchObject(want);
  });
});
