import { describe, expect, it } from "vitest";
import { ApiClient } from "./api";
import type { Message } from "./messages";
import { Past, type PastPlace } from "./past";

const LAST = 500;

const message = (seq: number): Message => ({
  type: "message",
  seq,
  id: `id${seq}`,
  from_user: { id: "b", name: "Bob" },
  sent_at: "2026-01-01T12:00:00Z",
  text: `text ${seq}`,
});

/** A channel whose messages are the even sequences up to the last, as GET /messages shows it. */
function page(query: URLSearchParams, last: number): object {
  const number = (name: string, other: number): number => Number(query.get(name) ?? other);
  const limit = number("limit", 50);
  const end = query.has("at") ? 300 : last;
  const all = Array.from({ length: last / 2 }, (_, i) => message(2 * i + 2)).filter(
    ({ seq }) => seq <= end && seq < number("before", last + 1) && seq > number("after", 0),
  );
  const messages = query.has("after") ? all.slice(0, limit) : all.slice(-limit);
  const at = query.has("at") ? { at: 301, users: [{ id: "b", name: "Bob", sessions: ["s"] }] } : {};
  return { messages, position: `e:${last}`, has_more: all.length > limit, ...at };
}

function setup(place: PastPlace) {
  const line = { broken: false };
  const log = { last: LAST };
  const fetcher: typeof fetch = async (input) => {
    if (line.broken) return Response.json({ code: "unavailable", message: "Not now." }, { status: 503 });
    return Response.json(page(new URL(String(input), "http://chat.test").searchParams, log.last));
  };
  const past = new Past({ api: new ApiClient("", fetcher), token: async () => "t" }, place);
  const seqs = (): number[] => past.state().messages.map(({ seq }) => seq);
  return { past, line, log, seqs };
}

const evens = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 2 + 1 }, (_, i) => from + 2 * i);

describe("a window into the past", () => {
  it("stands around a message, and pages to both ends without a hole", async () => {
    const { past, seqs } = setup({ around: 250 });
    await past.open();
    expect(seqs()).toEqual(evens(152, 350));
    expect(past.state()).toMatchObject({ place: "idle", hasOlder: true, hasNewer: true, epoch: "e" });
    while (past.state().hasOlder) await past.loadOlder();
    while (past.state().hasNewer) await past.loadNewer();
    expect(seqs()).toEqual(evens(2, LAST));
  });

  it("stands where a sequence of another channel was asked for, too", async () => {
    const { past, seqs } = setup({ around: 251 });
    await past.open();
    expect(seqs()).toEqual(evens(152, 350));
  });

  it("ends with a time, and knows who was there", async () => {
    const { past, seqs } = setup({ at: "2026-01-01T12:00:00Z" });
    await past.open();
    expect(seqs()).toEqual(evens(2, 300));
    expect(past.state()).toMatchObject({ hasNewer: false, atSeq: 301, people: [{ name: "Bob" }] });
  });

  it("asks for a page once at a time", async () => {
    const { past, seqs } = setup({ around: 500 });
    await past.open();
    await Promise.all([past.loadOlder(), past.loadOlder()]);
    expect(seqs().length).toBe(250);
    expect(past.state().hasOlder).toBe(false);
  });

  it("goes on from its end when more has been said", async () => {
    const { past, seqs, log } = setup({ around: 500 });
    await past.open();
    expect(past.state().hasNewer).toBe(false);
    log.last = 510;
    await past.loadNewer();
    expect(seqs().slice(-6)).toEqual(evens(500, 510));
  });

  it("says why when it is not to be had, and can be asked again", async () => {
    const { past, line, seqs } = setup({ around: 250 });
    line.broken = true;
    await past.open();
    expect(past.state()).toMatchObject({ place: "failed", reason: "Not now." });
    line.broken = false;
    await past.open();
    expect(past.state().place).toBe("idle");
    line.broken = true;
    await past.loadOlder();
    expect(past.state().older).toBe("failed");
    line.broken = false;
    await past.loadOlder();
    expect(past.state().older).toBe("idle");
    expect(seqs()).toEqual(evens(2, 350));
  });

  it("says nothing after it was closed", async () => {
    const { past } = setup({ around: 250 });
    let told = 0;
    past.subscribe(() => told++);
    const opened = past.open();
    past.close();
    await opened;
    expect(told).toBe(1); // that it was on its way
  });
});
