import { describe, expect, it } from "vitest";
import { EMPTY_FEED, type Feed, type FeedInput, fold } from "./fold";
import type { Frame, User } from "./frames";
import type { Message } from "./messages";

const ADA: User = { id: "a", name: "Ada" };
const BOB: User = { id: "b", name: "Bob" };
const SENT_AT = "2026-01-01T12:00:00Z";

const message = (seq: number, prev = seq - 1, id = `id${seq}`, from_user = ADA): Frame & { type: "message" } => ({
  type: "message",
  seq,
  prev,
  id,
  from_user,
  sent_at: SENT_AT,
  text: `text ${seq}`,
});
const join = (seq: number, from_user: User, session: string, term?: string): Frame => ({
  type: "join",
  seq,
  prev: seq - 1,
  from_user,
  sent_at: SENT_AT,
  session,
  ...(term !== undefined && { term }),
});
const leave = (seq: number, from_user: User, session: string, term?: string): Frame => ({
  ...(join(seq, from_user, session, term) as Frame & { type: "join" }),
  type: "leave",
  reason: "closed",
});
const hello = (seq: number, epoch = "e"): Frame => ({
  type: "hello",
  session: "s",
  position: { epoch, seq },
  ping_ms: 25_000,
});
const reset = (seq: number, epoch = "e"): Frame => ({ type: "reset", position: { epoch, seq } });

const frames = (...list: Frame[]): FeedInput => ({ kind: "frames", frames: list });
const stored = (seq: number): Message => {
  const { prev: _, ...rest } = message(seq);
  return rest;
};

type HistoryOptions = {
  readonly seqs?: readonly number[];
  readonly at?: number;
  readonly usersAt?: number;
  readonly more?: boolean;
  readonly users?: readonly { readonly user: User; readonly sessions: string[] }[];
  readonly epoch?: string;
};
const history = ({
  seqs = [],
  at = seqs[seqs.length - 1] ?? 0,
  usersAt = at,
  more = false,
  users = [],
  epoch = "e",
}: HistoryOptions): FeedInput => ({
  kind: "history",
  page: { messages: seqs.map(stored), position: `${epoch}:${at}`, has_more: more },
  people: { users: users.map(({ user, sessions }) => ({ ...user, sessions })), position: `${epoch}:${usersAt}` },
});
const older = (before: number, seqs: readonly number[], more: boolean, epoch = "e"): FeedInput => ({
  kind: "older",
  before,
  page: { messages: seqs.map(stored), position: `${epoch}:900`, has_more: more },
});

const run = (...inputs: FeedInput[]): Feed => inputs.reduce(fold, EMPTY_FEED);
const seqs = (feed: Feed): number[] => feed.messages.map(({ seq }) => seq);
const here = (feed: Feed): string[] => [...feed.people.byId.keys()].sort();

describe("messages", () => {
  const cases: [name: string, inputs: FeedInput[], want: number[]][] = [
    ["nothing yet", [], []],
    ["history, then live", [history({ seqs: [1, 2] }), frames(message(3), message(4))], [1, 2, 3, 4]],
    ["a frame twice", [history({ seqs: [1] }), frames(message(2), message(2)), frames(message(2))], [1, 2]],
    [
      "frames that the history has",
      [history({ seqs: [1, 2, 3] }), frames(message(2), message(3), message(4))],
      [1, 2, 3, 4],
    ],
    [
      "one id under two sequences: the first counts",
      [history({ seqs: [1] }), frames(message(2), message(3, 2, "id1"))],
      [1, 2],
    ],
    ["one id of two users is two messages", [history({ seqs: [1] }), frames(message(2, 1, "id1", BOB))], [1, 2]],
    [
      "messages without an id are told apart by place",
      [history({}), frames(message(1, 0, ""), message(2, 1, ""))],
      [1, 2],
    ],
    [
      "older pages come before",
      [history({ seqs: [5, 6], more: true }), older(5, [3, 4], true), older(3, [1, 2], false)],
      [1, 2, 3, 4, 5, 6],
    ],
    [
      "an older page of another log is nothing",
      [history({ seqs: [5], more: true }), older(5, [4], true, "other")],
      [5],
    ],
    [
      "an old frame is not put before what is loaded",
      [history({ seqs: [5, 6], more: true }), frames(message(2))],
      [5, 6],
    ],
    ["live before the history", [frames(hello(4)), frames(message(5)), history({ seqs: [3, 4, 5] })], [3, 4, 5]],
    [
      "the history is ahead of the socket",
      [
        history({ seqs: [1], at: 1 }),
        frames(message(4, 3)),
        history({ seqs: [1, 3, 4, 6], at: 6 }),
        frames(message(6)),
      ],
      [1, 3, 4, 6],
    ],
  ];
  it.each(cases)("%s", (_, inputs, want) => {
    expect(seqs(run(...inputs))).toEqual(want);
  });

  it("says whether there are older ones", () => {
    const feed = run(history({ seqs: [5, 6], more: true }));
    expect(feed.hasOlder).toBe(true);
    expect(fold(feed, older(5, [1, 2], false)).hasOlder).toBe(false);
  });

  it("changes nothing that it was given", () => {
    const before = run(history({ seqs: [1] }));
    const copy = structuredClone(before);
    fold(before, frames(message(2), join(3, BOB, "s1"), message(9, 8)));
    expect(before).toEqual(copy);
  });

  it("gives the same for the same, from an old state too", () => {
    const base = run(history({ seqs: [1] }));
    const first = fold(base, frames(message(2)));
    expect(fold(base, frames(message(2)))).toEqual(first);
    expect(seqs(fold(first, frames(message(3))))).toEqual([1, 2, 3]);
  });
});

describe("the chain of prev", () => {
  const cases: [name: string, inputs: FeedInput[], want: "proven" | "refetch"][] = [
    ["nothing was read", [], "refetch"],
    ["the history was read", [history({ seqs: [1] })], "proven"],
    ["each frame follows the one before", [history({ seqs: [1] }), frames(message(2), message(7, 2))], "proven"],
    ["the position lies between two events", [history({ seqs: [1], at: 5 }), frames(message(9, 1))], "proven"],
    ["a hole", [history({ seqs: [1] }), frames(message(3, 2))], "refetch"],
    ["a hole, and a frame after it", [history({ seqs: [1] }), frames(message(3, 2), message(4))], "refetch"],
    [
      "a summary stands for many",
      [
        history({ at: 1 }),
        frames({ type: "presence", seq: 50, prev: 1, joined: [], left: [], users: 300 }, message(51)),
      ],
      "proven",
    ],
    [
      "a hole, and the history that fills it",
      [history({ seqs: [1] }), frames(message(3, 2)), history({ seqs: [1, 2, 3] })],
      "proven",
    ],
    [
      "a history that is too old for the hole",
      [history({ seqs: [1] }), frames(message(5, 4)), history({ seqs: [1, 2] })],
      "refetch",
    ],
    [
      "a second hole while the first is read",
      [history({ seqs: [1] }), frames(message(3, 2)), frames(message(6, 5)), history({ seqs: [3], at: 3 })],
      "refetch",
    ],
    [
      "a history of another log",
      [history({ seqs: [1] }), frames(message(3, 2)), history({ seqs: [9], epoch: "f" })],
      "refetch",
    ],
    [
      "history and people of two logs",
      [{ ...history({ at: 3 }), people: { users: [], position: "f:3" } } as FeedInput],
      "refetch",
    ],
  ];
  it.each(cases)("%s", (_, inputs, want) => {
    expect(run(...inputs).chain.kind).toBe(want);
  });

  it("shows what came after the hole, and counts the hole once", () => {
    const broken = run(history({ seqs: [1] }), frames(message(3, 2), message(4)));
    expect(seqs(broken)).toEqual([1, 3, 4]);
    expect(broken.position).toEqual({ epoch: "e", seq: 4 });
    expect(broken.gaps).toBe(1);
    const whole = fold(broken, history({ seqs: [1, 2, 3], at: 3 }));
    expect(seqs(whole)).toEqual([1, 2, 3, 4]);
    expect(whole).toMatchObject({ gaps: 1, position: { seq: 4 }, chain: { kind: "proven" } });
  });

  it("drops what lies before a page that does not reach back to it", () => {
    const broken = run(history({ seqs: [1, 2] }), frames(message(90, 89)));
    const whole = fold(broken, history({ seqs: [88, 89, 90], more: true }));
    expect(seqs(whole)).toEqual([88, 89, 90]);
    expect(whole.hasOlder).toBe(true);
  });

  it("keeps older pages when the new one reaches back to them", () => {
    const feed = run(history({ seqs: [5, 6], more: true }), older(5, [1, 2], false), frames(message(9, 8)));
    const whole = fold(feed, history({ seqs: [6, 7, 8, 9], more: true }));
    expect(seqs(whole)).toEqual([1, 2, 5, 6, 7, 8, 9]);
    expect(whole.hasOlder).toBe(false);
  });
});

describe("reset", () => {
  it("asks for the history of the same log and keeps what there is", () => {
    const feed = run(history({ seqs: [1, 2] }), frames(hello(90), reset(90)), frames(message(91)));
    expect(feed).toMatchObject({ chain: { kind: "refetch", since: 2 }, position: { seq: 91 } });
    expect(seqs(feed)).toEqual([1, 2, 91]);
    expect(seqs(fold(feed, history({ seqs: [89, 90], at: 90, more: true })))).toEqual([89, 90, 91]);
  });

  it("forgets the messages of another log", () => {
    const feed = run(history({ seqs: [1, 2] }), frames(reset(1, "f")));
    expect(seqs(feed)).toEqual([]);
    expect(feed.position).toEqual({ epoch: "f", seq: 1 });
    expect(fold(feed, history({ seqs: [1, 2] })), "the old log's answer, late").toBe(feed);
    expect(seqs(fold(feed, history({ seqs: [1], epoch: "f" })))).toEqual([1]);
  });

  it("takes a hello of another log for one", () => {
    expect(run(history({ seqs: [5] }), frames(hello(3, "f")))).toMatchObject({
      messages: [],
      chain: { kind: "refetch" },
    });
  });
});

describe("people", () => {
  const ada = { user: ADA, sessions: ["a1"] };
  const cases: [name: string, inputs: FeedInput[], want: string[]][] = [
    ["those of GET /users", [history({ users: [ada] })], ["a"]],
    ["a join", [history({ users: [ada] }), frames(join(1, BOB, "b1"))], ["a", "b"]],
    ["two sessions of a user are one person", [history({}), frames(join(1, BOB, "b1"), join(2, BOB, "b2"))], ["b"]],
    [
      "one of two sessions ends",
      [history({}), frames(join(1, BOB, "b1"), join(2, BOB, "b2"), leave(3, BOB, "b1"))],
      ["b"],
    ],
    [
      "both end",
      [history({}), frames(join(1, BOB, "b1"), join(2, BOB, "b2"), leave(3, BOB, "b1"), leave(4, BOB, "b2"))],
      [],
    ],
    [
      "a session joins twice and leaves once",
      [history({}), frames(join(1, BOB, "b1"), join(2, BOB, "b1"), leave(3, BOB, "b1"))],
      [],
    ],
    ["the leave of a session that is not there", [history({ users: [ada] }), frames(leave(1, ADA, "a9"))], ["a"]],
    [
      "a leave by the run from which the session moved away",
      [history({}), frames(join(1, BOB, "b1", "t1"), join(2, BOB, "b1", "t2"), leave(3, BOB, "b1", "t1"))],
      ["b"],
    ],
    [
      "frames that GET /users has counted",
      [history({ at: 1, usersAt: 3, users: [ada] }), frames(join(2, BOB, "b1"), leave(3, BOB, "b1"))],
      ["a"],
    ],
    [
      "frames after GET /users and before GET /messages",
      [history({ at: 3, usersAt: 1, users: [ada] }), frames(join(2, BOB, "b1"), message(3))],
      ["a", "b"],
    ],
    [
      "a hole: counted anew, what came after on top",
      [history({ users: [ada] }), frames(join(2, BOB, "b1")), history({ at: 1, users: [] })],
      ["b"],
    ],
    [
      "a summary",
      [
        history({ users: [ada] }),
        frames({ type: "presence", seq: 9, prev: 0, joined: [BOB], left: [ADA], users: 4321 }),
      ],
      ["b"],
    ],
  ];
  it.each(cases)("%s", (_, inputs, want) => {
    expect(here(run(...inputs))).toEqual(want);
  });

  const summary = (seq: number, prev: number, joined: User[], left: User[] = []): Frame => ({
    type: "presence",
    seq,
    prev,
    joined,
    left,
    users: 4321,
  });

  it("takes the number of a summary", () => {
    const feed = run(history({}), frames(summary(9, 0, [BOB]), message(10)));
    expect(feed.people.total).toBe(4321);
  });

  it("takes a summary that a message has overtaken", () => {
    const feed = run(history({}), frames(message(9, 0), summary(9, 9, [BOB])));
    expect(here(feed)).toEqual(["b"]);
    expect(feed.chain.kind).toBe("proven");
  });

  it("asks who is here when single sessions are told after a summary", () => {
    const feed = run(history({}), frames(summary(9, 0, [BOB]), leave(10, BOB, "b1")));
    expect(feed.chain).toMatchObject({ kind: "refetch", pending: [{ seq: 10 }] });
    const asked = fold(feed, history({ at: 9, users: [{ user: BOB, sessions: ["b1"] }, ada] }));
    expect(asked).toMatchObject({ chain: { kind: "proven" }, people: { seq: 10 } });
    expect(here(asked)).toEqual(["a"]);
    expect(asked.people.total).toBeUndefined();
  });

  it("notes a user's first session and last, and no other", () => {
    const feed = run(
      history({}),
      frames(join(1, BOB, "b1"), join(2, BOB, "b2"), leave(3, BOB, "b1"), leave(4, BOB, "b2"), leave(4, BOB, "b2")),
    );
    expect(feed.notes.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, "join"],
      [4, "leave"],
    ]);
  });
});

describe("any cut of a log", () => {
  const random = (seed: number) => () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const log: Frame[] = [];
  for (let seq = 1; seq <= 60; seq++) {
    const user = seq % 2 ? ADA : BOB;
    const kind = seq % 5;
    log.push(
      kind === 1
        ? join(seq, user, `s${seq % 4}`)
        : kind === 3
          ? leave(seq, user, `s${seq % 4}`)
          : message(seq, seq - 1, `id${seq}`, user),
    );
  }
  const whole = fold(run(history({})), frames(...log));
  const told: Feed[] = [run(history({}))];
  for (const frame of log) told.push(fold(told[told.length - 1] as Feed, frames(frame)));
  const historyAt = (at: number, usersAt: number): FeedInput => {
    const { messages } = told[at] as Feed;
    const users = [...(told[usersAt] as Feed).people.byId.values()];
    return {
      kind: "history",
      page: { messages: messages.slice(-8), position: `e:${at}`, has_more: messages.length > 8 },
      people: {
        position: `e:${usersAt}`,
        users: users.map(({ user, sessions }) => ({ ...user, sessions: [...sessions.keys()] })),
      },
    };
  };

  it("ends as the log, however frames are dropped, doubled and delayed", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const upTo = (least: number) => least + Math.floor(next() * (log.length - least + 1));
      let feed: Feed = EMPTY_FEED;
      for (let i = 0; i < log.length; i++) {
        const frame = log[i] as Frame;
        if (next() < 0.15) feed = fold(feed, historyAt(upTo(i), upTo(i)));
        if (next() < 0.8) feed = fold(feed, frames(frame));
        if (next() < 0.1) feed = fold(feed, frames(frame, log[Math.floor(next() * i)] as Frame));
      }
      feed = fold(feed, frames(message(61, 60)));
      if (feed.chain.kind === "refetch") feed = fold(feed, historyAt(60, 60));
      if (feed.chain.kind === "refetch") feed = fold(fold(feed, frames(hello(60))), historyAt(60, 60));
      const last = feed.messages.filter(({ seq }) => seq <= 60).slice(-8);
      expect(last, `seed ${seed}`).toEqual(whole.messages.slice(-8));
      expect(here(feed), `seed ${seed}`).toEqual(here(whole));
    }
  });
});
