import { describe, expect, it } from "vitest";
import type { Pending } from "@/client/outbox";
import type { Row } from "./layout";
import { EMPTY_TIMELINE, extend, indexOfSeq, rowAt, type TimelineInput } from "./timeline";
import { ADA, BOB, CY, messageAt, NOTHING, noteAt, rowsOf } from "./timeline-testing";

const pending = (id: string, seq?: number): Pending => ({
  id,
  text: "hey",
  at: new Date("2026-01-01T12:01:00").getTime(),
  status: "sending",
  uncertain: false,
  tries: 0,
  notBefore: 0,
  ...(seq !== undefined && { seq }),
});

const told = (row: Row): string => {
  const day = row.beginsDay ? "day: " : "";
  if (row.kind === "notes") return day + row.moves.map(({ user, to }) => `${user.name} ${to}`).join();
  return `${day}${row.key}${row.begins ? " begins" : ""}`;
};

describe("a timeline", () => {
  const cases: [name: string, input: Partial<TimelineInput>, want: string[]][] = [
    ["nothing", {}, []],
    [
      "one author within minutes",
      { messages: [messageAt(1, "01T12:00"), messageAt(2, "01T12:04")] },
      ["day: m1 begins", "m2"],
    ],
    [
      "one author after a while",
      { messages: [messageAt(1, "01T12:00"), messageAt(2, "01T12:06")] },
      ["day: m1 begins", "m2 begins"],
    ],
    [
      "two authors",
      { messages: [messageAt(1, "01T12:00"), messageAt(2, "01T12:00", CY)] },
      ["day: m1 begins", "m2 begins"],
    ],
    [
      "two days",
      { messages: [messageAt(1, "01T23:59"), messageAt(2, "02T00:01")] },
      ["day: m1 begins", "day: m2 begins"],
    ],
    [
      "a message without a readable time stays where it is",
      { messages: [messageAt(1, "01T12:00"), messageAt(2, "what"), messageAt(3, "01T12:04")] },
      ["day: m1 begins", "m2", "m3"],
    ],
    [
      "a note between",
      { messages: [messageAt(1, "01T12:00"), messageAt(3, "01T12:00")], notes: [noteAt(2, "join", CY)] },
      ["day: m1 begins", "Cy joined", "m3 begins"],
    ],
    [
      "notes merge to where each person is",
      { notes: [noteAt(1, "join"), noteAt(2, "join", CY), noteAt(3, "leave")] },
      ["day: Bob left,Cy joined"],
    ],
    [
      "joined, left, joined: is here",
      { notes: [noteAt(1, "join"), noteAt(2, "leave"), noteAt(3, "join")] },
      ["day: Bob returned"],
    ],
    ["left and came back", { notes: [noteAt(1, "leave"), noteAt(2, "join")] }, ["day: Bob returned"]],
    [
      "came back and left again",
      { notes: [noteAt(1, "leave"), noteAt(2, "join"), noteAt(3, "leave")] },
      ["day: Bob left"],
    ],
    [
      "two of one name are two",
      { notes: [noteAt(1, "join"), noteAt(2, "leave", { id: "b2", name: "Bob" })] },
      ["day: Bob joined,Bob left"],
    ],
    [
      "who comes today comes below today's line",
      {
        messages: [messageAt(1, "01T12:00"), messageAt(3, "02T12:00")],
        notes: [noteAt(2, "join", BOB, "02T11:00")],
      },
      ["day: m1 begins", "day: Bob joined", "m3 begins"],
    ],
    [
      "a run of notes ends with its day",
      { notes: [noteAt(1, "join", BOB, "01T23:59"), noteAt(2, "join", CY, "02T00:01")] },
      ["day: Bob joined", "day: Cy joined"],
    ],
    [
      "a note whose clock is behind stays where it is",
      { messages: [messageAt(1, "02T00:01")], notes: [noteAt(2, "join", BOB, "01T23:59")] },
      ["day: m1 begins", "Bob joined"],
    ],
    [
      "a note without a readable time stays where it is",
      { messages: [messageAt(1, "01T12:00")], notes: [noteAt(2, "join", BOB, "what")] },
      ["day: m1 begins", "Bob joined"],
    ],
    ["notes that came out of order", { notes: [noteAt(2, "leave"), noteAt(1, "join")] }, ["day: Bob left"]],
    ["one's own coming and going is not told", { notes: [noteAt(1, "join", ADA)] }, []],
    [
      "notes older than what is loaded",
      { messages: [messageAt(5, "01T12:00")], notes: [noteAt(3, "join")], hasOlder: true },
      ["day: m5 begins"],
    ],
    [
      "notes newer than a window into the past",
      { messages: [messageAt(5, "01T12:00")], notes: [noteAt(7, "join")], hasNewer: true },
      ["day: m5 begins"],
    ],
    [
      "what waits stands last, under one's own name",
      { messages: [messageAt(1, "01T12:00", ADA)], pending: [pending("x")] },
      ["day: iid1 begins", "ix"],
    ],
    [
      "what waits does not stand in the past",
      { messages: [messageAt(1, "01T12:00", ADA)], pending: [pending("x")], hasNewer: true },
      ["day: iid1 begins"],
    ],
    [
      "what the log has no longer waits",
      { messages: [messageAt(1, "01T12:00", ADA)], pending: [pending("id1"), pending("y", 1), pending("z", 2)] },
      ["day: iid1 begins", "iz"],
    ],
  ];
  it.each(cases)("%s", (_, input, want) => {
    expect(rowsOf(extend(EMPTY_TIMELINE, { ...NOTHING, ...input })).map(told)).toEqual(want);
  });

  const three = [5, 6, 8].map((seq) => messageAt(seq, "01T12:00"));
  const before = extend(EMPTY_TIMELINE, { ...NOTHING, messages: three });
  const moves: [name: string, input: Partial<TimelineInput>, seq: number][] = [
    ["newer ones", { messages: [...three, messageAt(9, "01T12:00")] }, 5],
    ["older ones", { messages: [messageAt(2, "01T12:00"), messageAt(4, "01T12:00"), ...three] }, 5],
    ["older ones that go", { messages: three.slice(1) }, 6],
    ["newer ones that go", { messages: three.slice(0, 2), hasNewer: true }, 5],
    ["a note above", { messages: three, notes: [noteAt(7, "join")] }, 8],
    ["one that was missing", { messages: [...three.slice(0, 2), messageAt(7, "01T12:00"), ...three.slice(2)] }, 8],
  ];
  it.each(moves)("keeps the index of a message beside %s", (_, input, seq) => {
    const after = extend(before, { ...NOTHING, ...input });
    expect(after.generation).toBe(before.generation);
    expect(indexOfSeq(after, seq)).toBe(indexOfSeq(before, seq));
  });

  it("begins a generation when nothing stays, and finds what is nearest behind a sequence", () => {
    const after = extend(before, { ...NOTHING, messages: [messageAt(20, "01T12:00"), messageAt(30, "01T12:00")] });
    expect(after.generation).not.toBe(before.generation);
    expect(rowAt(after, indexOfSeq(after, 21) ?? 0)?.key).toBe("m30");
    expect(indexOfSeq(after, 31)).toBeUndefined();
  });

  it("lays out for a new message that message alone", () => {
    const messages = Array.from({ length: 1_000 }, (_, i) => messageAt(i + 1, "01T12:00"));
    const old = extend(EMPTY_TIMELINE, { ...NOTHING, messages });
    const rows = rowsOf(extend(old, { ...NOTHING, messages: [...messages, messageAt(1_001, "01T12:00")] }));
    const kept = new Set(rowsOf(old));
    expect(rows.filter((row) => !kept.has(row)).map((row) => row.key)).toEqual(["m1001"]);
  });
});
