import type { UsersPage } from "./api";
import type { JoinFrame, LeaveFrame, LogFrame, PresenceFrame, User } from "./frames";

/** A user who is present, by the sessions that make them so; the value is the term of the gateway that holds it. */
export type Person = { readonly user: User; readonly sessions: ReadonlyMap<string, string | undefined> };

/** Who is in the channel after the event `seq`. */
export type People = {
  readonly seq: number;
  readonly byId: ReadonlyMap<string, Person>;
  /** How many there are, where the server tells more than it names. */
  readonly total?: number;
};

/** The term of a session that nobody named one for; no leave that names one ends it. */
const NO_TERM = "";

/** Stands for the sessions of a user whom only a summary named. */
const SUMMARISED = "";

export const NOBODY: People = { seq: 0, byId: new Map() };

/** Those whom GET /users names at its position. */
export function peopleAt(seq: number, users: UsersPage["users"]): People {
  const byId = new Map<string, Person>();
  for (const { sessions, terms, ...user } of users) {
    byId.set(user.id, { user, sessions: new Map(sessions.map((session, i) => [session, terms?.[i]])) });
  }
  return { seq, byId };
}

/** Counts one event in. What is at or before the position of `people` is in them already. */
export function foldPeople(people: People, frame: LogFrame): People {
  switch (frame.type) {
    case "join":
      return frame.seq <= people.seq ? people : { seq: frame.seq, byId: join(people.byId, frame) };
    case "leave":
      return frame.seq <= people.seq ? people : { seq: frame.seq, byId: leave(people.byId, frame) };
    case "presence": // it says who is here at its seq, so that taking it twice is once
      return frame.seq < people.seq
        ? people
        : { seq: frame.seq, byId: summary(people.byId, frame), total: frame.users };
    default:
      return people;
  }
}

/**
 * Whether the frame counts a session where the sessions are not known, since
 * summaries name users, and not all. They have to be asked for then.
 */
export function isUncountable(people: People, frame: LogFrame): boolean {
  return (frame.type === "join" || frame.type === "leave") && people.total !== undefined && frame.seq > people.seq;
}

type ById = People["byId"];

function join(byId: ById, { from_user, session, term }: JoinFrame): ById {
  const sessions = new Map(byId.get(from_user.id)?.sessions).set(session, term ?? NO_TERM);
  return new Map(byId).set(from_user.id, { user: from_user, sessions });
}

/** A leave that another gateway's run wrote does not end a session that has moved on from there. */
function leave(byId: ById, { from_user, session, term }: LeaveFrame): ById {
  const person = byId.get(from_user.id);
  if (!person?.sessions.has(session)) return byId;
  const holder = person.sessions.get(session);
  if (term !== undefined && holder !== undefined && term !== holder) return byId;
  const sessions = new Map(person.sessions);
  sessions.delete(session);
  const next = new Map(byId);
  if (sessions.size === 0) next.delete(from_user.id);
  else next.set(from_user.id, { ...person, sessions });
  return next;
}

function summary(byId: ById, { joined, left }: PresenceFrame): ById {
  const next = new Map(byId);
  for (const user of left) next.delete(user.id);
  for (const user of joined) {
    if (!next.has(user.id)) next.set(user.id, { user, sessions: new Map([[SUMMARISED, undefined]]) });
  }
  return next;
}
