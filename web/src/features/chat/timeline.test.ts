import { describe, expect, it } from "vitest";
import type { Note } from "@/client/fold";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import { type TimelineInput, timeline } from "./timeline";

const ADA = { id: "a", name: "Ada" };
const BOB = { id: "b", name: "Bob" };
const CY = { id: "c", name: "Cy" };

const message = (seq: number, at: string, from_user = BOB): Message => ({
  type: "message",
  seq,
  id: `id${seq}`,
  from_user,
  sent_at: `2026-01-${at}:00`,
  text: "hey",
});
const note = (seq: number, kind: Note["kind"], user = BOB): Note => ({
  seq,
  kind,
  user,
  sent_at: "2026-01-01T12:00:00",
});
const noteAt = (seq: number, at: string, user = BOB): Note => ({
  ...note(seq, "join", user),
  sent_at: `2026-01-${at}:00`,
});
const pending = (id: string): Pending => ({
  id,
  text: "hey",
  at: new Date("2026-01-01T12:01:00").getTime(),
  status: "sending",
  uncertain: false,
  tries: 0,
  notBefore: 0,
});

const rowsOf = (input: Partial<TimelineInput>): string[] =>
  timeline({ messages: [], hasOlder: false, notes: [], pending: [], self: ADA, ...input }).map((row) => {
    if (row.kind === "notes") return row.moves.map(({ user, to }) => `${user.name} ${to}`).join();
    return row.kind === "day" ? "day" : `${row.key}${row.begins ? " begins" : ""}`;
  });

describe("timeline", () => {
  const cases: [name: string, input: Partial<TimelineInput>, want: string[]][] = [
    ["nothing", {}, []],
    [
      "one author within minutes",
      { messages: [message(1, "01T12:00"), message(2, "01T12:04")] },
      ["day", "m1 begins", "m2"],
    ],
    [
      "one author after a while",
      { messages: [message(1, "01T12:00"), message(2, "01T12:06")] },
      ["day", "m1 begins", "m2 begins"],
    ],
    [
      "two authors",
      { messages: [message(1, "01T12:00"), message(2, "01T12:00", CY)] },
      ["day", "m1 begins", "m2 begins"],
    ],
    [
      "two days",
      { messages: [message(1, "01T23:59"), message(2, "02T00:01")] },
      ["day", "m1 begins", "day", "m2 begins"],
    ],
    [
      "a note between",
      { messages: [message(1, "01T12:00"), message(3, "01T12:00")], notes: [note(2, "join", CY)] },
      ["day", "m1 begins", "Cy joined", "m3 begins"],
    ],
    [
      "notes merge to where each person is",
      { notes: [note(1, "join"), note(2, "join", CY), note(3, "leave")] },
      ["day", "Bob left,Cy joined"],
    ],
    [
      "joined, left, joined: is here",
      { notes: [note(1, "join"), note(2, "leave"), note(3, "join")] },
      ["day", "Bob returned"],
    ],
    ["left and came back", { notes: [note(1, "leave"), note(2, "join")] }, ["day", "Bob returned"]],
    ["came back and left again", { notes: [note(1, "leave"), note(2, "join"), note(3, "leave")] }, ["day", "Bob left"]],
    [
      "two of one name are two",
      { notes: [note(1, "join"), note(2, "leave", { id: "b2", name: "Bob" })] },
      ["day", "Bob joined,Bob left"],
    ],
    [
      "who comes today comes below today's line",
      { messages: [message(1, "01T12:00"), message(3, "02T12:00")], notes: [noteAt(2, "02T11:00")] },
      ["day", "m1 begins", "day", "Bob joined", "m3 begins"],
    ],
    [
      "a run of notes ends with its day",
      { notes: [noteAt(1, "01T23:59"), noteAt(2, "02T00:01", CY)] },
      ["day", "Bob joined", "day", "Cy joined"],
    ],
    [
      "a note whose clock is behind stays where it is",
      { messages: [message(1, "02T00:01")], notes: [noteAt(2, "01T23:59")] },
      ["day", "m1 begins", "Bob joined"],
    ],
    [
      "a note without a readable time stays where it is",
      { messages: [message(1, "01T12:00")], notes: [noteAt(2, "what")] },
      ["day", "m1 begins", "Bob joined"],
    ],
    ["one's own coming and going is not told", { notes: [note(1, "join", ADA)] }, []],
    [
      "notes older than what is loaded",
      { messages: [message(5, "01T12:00")], notes: [note(3, "join")], hasOlder: true },
      ["day", "m5 begins"],
    ],
    [
      "what waits stands last, under one's own name",
      { messages: [message(1, "01T12:00", ADA)], pending: [pending("x")] },
      ["day", "iid1 begins", "ix"],
    ],
  ];
  it.each(cases)("%s", (_, input, want) => {
    expect(rowsOf(input)).toEqual(want);
  });
});
