import { describe, expect, it } from "vitest";
import type { User } from "@/client/frames";
import { firstNew, type Look, look, UNREAD } from "./reading";
import { ADA, BOB, messageAt } from "./timeline-testing";

const list = (seqs: readonly number[], user: User = BOB) => seqs.map((seq) => messageAt(seq, "01T12:00", user));
const AT_END: Look = { messages: [], isLive: true, isSeen: true, readTo: undefined, selfId: ADA.id };

/** What is unseen and where the line stands, after each look. */
const follow = (...looks: Partial<Look>[]): (readonly [unseen: number, mark: number | undefined])[] => {
  let reading = UNREAD;
  return looks.map((step) => {
    reading = look(reading, { ...AT_END, ...step });
    expect(look(reading, { ...AT_END, ...step }), "looking twice is looking once").toEqual(reading);
    return [reading.unseen, reading.mark];
  });
};

describe("look", () => {
  it.each<[name: string, looks: Partial<Look>[], want: (readonly [number, number | undefined])[]]>([
    ["nothing there", [{}], [[0, undefined]]],
    ["opened with news", [{ messages: list([5, 6]), readTo: 5 }], [[0, 5]]],
    ["opened without", [{ messages: list([5, 6]), readTo: 6 }], [[0, undefined]]],
    ["opened after one's own", [{ messages: list([5, 6], ADA), readTo: 5 }], [[0, undefined]]],
    [
      "what comes in sight is no news",
      [{ messages: list([5]) }, { messages: list([5, 6]) }],
      [
        [0, undefined],
        [0, undefined],
      ],
    ],
    [
      "counts what comes unseen, and marks where it began",
      [
        { messages: list([5]) },
        { messages: list([5, 6]), isSeen: false },
        { messages: [...list([5, 6]), ...list([7], ADA), ...list([8])], isSeen: false },
        { messages: list([2, 5, 6, 7, 8]), isSeen: false },
        { messages: list([2, 5, 6, 7, 8]) },
      ],
      [
        [0, undefined],
        [1, 5],
        [2, 5],
        [2, 5],
        [0, 5],
      ],
    ],
    [
      "a window into the past counts nothing, and the way back begins anew",
      [
        { messages: list([50]) },
        { messages: list([5, 6]), isLive: false, isSeen: false },
        { messages: list([5, 6, 7]), isLive: false, isSeen: false },
        { messages: list([50, 51]) },
      ],
      [
        [0, undefined],
        [0, undefined],
        [0, undefined],
        [0, 50],
      ],
    ],
  ])("%s", (_, looks, want) => {
    expect(follow(...looks)).toEqual(want);
  });
});

describe("firstNew", () => {
  it.each<[mark: number | undefined, hasOlder: boolean, want: number | undefined]>([
    [undefined, false, undefined],
    [5, false, 8],
    [8, false, undefined],
    [1, true, undefined],
    [1, false, 5],
  ])("behind %s, with older ones: %s", (mark, hasOlder, want) => {
    const messages = [...list([5]), ...list([7], ADA), ...list([8])];
    expect(firstNew(messages, hasOlder, mark, ADA.id)).toBe(want);
  });
});
