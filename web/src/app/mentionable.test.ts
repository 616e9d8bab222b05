import { expect, it } from "vitest";
import type { User } from "@/client/frames";
import type { Message } from "@/client/messages";
import type { People } from "@/client/people";
import { type Known, know, knownTo, MOST_ABSENT } from "./mentionable";

const user = (name: string, id = name): User => ({ id, name });

const by = (seq: number, from_user: User): Message => ({
  type: "message",
  seq,
  id: `${seq}`,
  from_user,
  sent_at: "2026-01-01T12:00:00Z",
  text: "text",
});

const present = (...users: User[]): People["byId"] =>
  new Map(users.map((user) => [user.id, { user, sessions: new Map() }]));

const names = ({ mentionable }: Known): string[] => mentionable.people.map(({ name }) => name);

const ADA = user("Ada");

it("knows oneself, those present, and those who have written", () => {
  const known = know(knownTo(ADA), { present: present(user("Bob")), messages: [by(1, user("Eve"))] });
  expect(names(known)).toEqual(["Bob", "Ada", "Eve"]);
  expect(known.mentionable.index.find("@Eve and @Bob").map(({ userIds }) => userIds)).toEqual([["Eve"], ["Bob"]]);
});

it("stays the same when somebody leaves, comes back, has another session, or writes again", () => {
  const messages = [by(1, user("Eve"))];
  const known = know(knownTo(ADA), { present: present(ADA, user("Bob")), messages });
  const left = know(known, { present: present(ADA), messages });
  const back = know(left, { present: present(ADA, user("Bob")), messages });
  const wrote = know(back, { present: back.present, messages: [...messages, by(2, user("Eve"))] });
  for (const { mentionable } of [left, back, wrote]) expect(mentionable).toBe(known.mentionable);
});

it("takes notice of another name, and not of the one that an older message has", () => {
  const known = know(knownTo(ADA), { present: present(user("Bob", "b")), messages: [] });
  const renamed = know(known, { present: present(user("Rob", "b")), messages: [] });
  expect(names(renamed)).toEqual(["Rob", "Ada"]);
  const older = know(renamed, { present: renamed.present, messages: [by(1, user("Bob", "b"))] });
  expect(older.mentionable).toBe(renamed.mentionable);
});

it.each<[string, Message[]]>([
  ["before", [by(1, user("New")), by(2, ADA), by(3, ADA)]],
  ["behind", [by(2, ADA), by(3, ADA), by(4, user("New"))]],
  ["between", [by(2, ADA), by(2.5, user("New")), by(3, ADA)]],
  ["in place of", [by(9, user("New"))]],
])("finds who has written %s what was there", (_, messages) => {
  const old = messages.length > 1 ? messages.filter(({ from_user }) => from_user === ADA) : [by(2, ADA)];
  const known = know(knownTo(ADA), { present: present(ADA), messages: old });
  expect(names(know(known, { present: known.present, messages }))).toEqual(["Ada", "New"]);
});

it("looks at what was appended alone", () => {
  const messages = Array.from({ length: 1_000 }, (_, i) => by(i + 1, user(`u${i % 10}`)));
  const known = know(knownTo(ADA), { present: present(), messages });
  const unread = messages.map((message) => ({
    ...message,
    get from_user(): User {
      throw new Error("looked at once more");
    },
  }));
  const next = [...unread, by(1_001, user("New"))];
  expect(names(know({ ...known, messages: unread }, { present: known.present, messages: next }))).toContain("New");
});

it("forgets who was seen first, but never who is present, and never oneself", () => {
  const crowd = Array.from({ length: MOST_ABSENT + 10 }, (_, i) => by(i + 1, user(`u${i}`)));
  const known = know(knownTo(ADA), { present: present(user("Bob")), messages: crowd });
  expect(known.mentionable.people).toHaveLength(MOST_ABSENT + 2);
  expect(names(known).slice(0, 3)).toEqual(["Bob", "Ada", "u10"]);
});
