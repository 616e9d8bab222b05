import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiClient } from "./api";
import type { Channel } from "./channel";
import { Chat } from "./chat";
import type { User } from "./frames";
import { MemoryStore } from "./store";
import { Random } from "./testing/random";
import { CHANNEL } from "./testing/scripted-log";
import { CALM, type Faults, ScriptedServer } from "./testing/scripted-server";

const ADA: User = { id: "a", name: "Ada" };
const OTHERS: readonly User[] = ["Bob", "Cy", "Di"].map((name) => ({ id: name, name }));
const ORIGIN = "http://chat.test";

const RUNS = 1_000;
const RUNS_A_TEST = 50;
const STEPS = 40;
const TICK_MS = 50;

/** However long the bad time was, this long after it, in milliseconds, all must be well: some waits of half a minute, and then some. */
const CALM_MS = 300_000;

/** Some runs are a little rough, others nothing but faults. */
function faultsOf(random: Random): Faults {
  const most = random.pick([0.02, 0.1, 0.3]);
  const some = (): number => random.next() * most;
  return {
    drop: some(),
    double: some(),
    delay: some(),
    cut: some(),
    refuse: some(),
    reset: some(),
    command: some(),
    token: some() / 10,
  };
}

type Run = {
  readonly server: ScriptedServer;
  readonly sent: string[];
  chat: Chat;
  /** The server went on with another log, and what was in the old one is gone. */
  isAnew: boolean;
};

function start(seed: number): Run & { readonly open: () => Chat } {
  const random = new Random(seed);
  vi.spyOn(Math, "random").mockImplementation(random.next);
  const server = new ScriptedServer(random, CALM, ADA);
  const store = new MemoryStore();
  const open = (): Chat =>
    new Chat({
      origin: ORIGIN,
      store,
      pageStore: new MemoryStore(),
      api: new ApiClient(ORIGIN, server.fetch),
      openSocket: server.openSocket,
    });
  return { server, sent: [], chat: open(), isAnew: false, open };
}

function channelOf(chat: Chat): Channel {
  const channel = chat.channel(CHANNEL);
  if (!channel) throw new Error("the channel is not open");
  return channel;
}

/** One thing that happens to the server, to the person, or to the page. */
function step(run: ReturnType<typeof start>, number: number): void {
  const { server } = run;
  const { random, log } = server;
  const other = random.pick(OTHERS);
  const kind = random.below(20);
  if (kind < 8) log.post(other, `o${number}`, `other ${number}`);
  else if (kind < 10) log.join(other, `${other.id}-${random.below(3)}`, random.pick(["t1", "t2"]));
  else if (kind < 12) log.leave(other, `${other.id}-${random.below(3)}`, random.pick(["t1", "t2"]));
  else if (kind < 13) log.skip(random.below(5));
  else if (kind < 17) say(run, `mine ${number}`);
  else if (kind < 18) void channelOf(run.chat).loadOlder();
  else if (kind < 19) reload(run);
  else if (random.chance(0.3)) server.endTokens();
  else if (random.chance(0.1)) startAnew(run, `n${number}`);
  server.publish();
}

/** What was posted before is gone; what was not sent yet, or not acknowledged, comes into the new log. */
function startAnew(run: Run, epoch: string): void {
  run.isAnew = true;
  run.server.startAnew(epoch);
}

/** At any moment, what is shown is of the log, in its order, and nothing twice. */
function checkFeed(run: Run, seed: number): void {
  const { feed } = channelOf(run.chat).state();
  const { log } = run.server;
  if (feed.position?.epoch !== log.epoch) return;
  const known = new Set(log.messages().map(({ seq, text }) => `${seq} ${text}`));
  let last = 0;
  for (const { seq, text } of feed.messages) {
    if (seq <= last || !known.has(`${seq} ${text}`)) expect.fail(`seed ${seed}: ${seq} "${text}" after ${last}`);
    last = seq;
  }
}

function say(run: Run, text: string): void {
  if (channelOf(run.chat).send(text)) run.sent.push(text);
}

/** The page goes and comes again, with nothing but what it keeps. */
function reload(run: ReturnType<typeof start>): void {
  run.chat.close();
  run.chat = run.open();
}

/** Lets so many milliseconds pass, in steps between which all promises are kept; vitest's own way waits a real millisecond for each timer. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= TICK_MS) {
    vi.advanceTimersByTime(Math.min(left, TICK_MS));
    await macrotask();
  }
}

const bell = new MessageChannel();

/** Comes back after all promises that can be kept now: a message to oneself is a task of its own, and no timer. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    bell.port1.onmessage = () => resolve();
    bell.port2.postMessage(undefined);
  });
}

async function untilWhole(run: Run): Promise<void> {
  const isWhole = (): boolean => {
    const { feed, pending } = channelOf(run.chat).state();
    return feed.chain.kind === "proven" && feed.position?.seq === run.server.log.end() && pending.length === 0;
  };
  for (let waited = 0; waited < CALM_MS && !isWhole(); waited += 1_000) await pass(1_000);
  expect(channelOf(run.chat).state().pending).toEqual([]);
  while (channelOf(run.chat).state().feed.hasOlder) {
    await Promise.all([channelOf(run.chat).loadOlder(), pass(1_000)]);
  }
}

async function live(seed: number): Promise<Run> {
  const run = start(seed);
  const { server } = run;
  await Promise.all([run.chat.signIn({ name: ADA.name, email: "", channel: CHANNEL }), pass(2_000)]);
  server.faults = faultsOf(server.random);
  for (let i = 0; i < STEPS; i++) {
    step(run, i);
    await pass(server.random.below(2_000));
    checkFeed(run, seed);
  }
  server.faults = CALM;
  server.log.post(OTHERS[0] ?? ADA, "last", "the last word"); // shows what a dropped frame had hidden
  server.publish();
  await untilWhole(run);
  return run;
}

describe("a client on a line that drops, doubles, delays, reorders and cuts", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-01-01T12:00:00Z"), toFake: ["Date", "setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  afterAll(() => bell.port1.close());

  const tests = Array.from({ length: RUNS / RUNS_A_TEST }, (_, i) => i * RUNS_A_TEST);
  it.each(tests)(
    "ends as the log, seeds from %i",
    async (first) => {
      let gaps = 0;
      for (let seed = first; seed < first + RUNS_A_TEST; seed++) {
        const { chat, server, sent, isAnew } = await live(seed);
        const { feed } = channelOf(chat).state();
        const said = `seed ${seed}`;
        expect(feed.messages, said).toEqual(server.log.messages());
        expect(chat.account.state().kind, said).toBe("signed-in");
        expect(hereOf(feed.people.byId), said).toEqual(
          server.log
            .users()
            .map(({ id, sessions }) => [id, sessions.sort()])
            .sort(),
        );
        const mine = feed.messages.filter(({ from_user }) => from_user.id === ADA.id).map(({ text }) => text);
        if (isAnew) expect(new Set(mine).size, said).toBe(mine.length);
        else expect([...mine].sort(), said).toEqual([...sent].sort());
        gaps += feed.gaps;
        chat.close();
      }
      expect(gaps).toBeGreaterThan(0); // else it was no rough line
    },
    120_000,
  );
});

function hereOf(people: ReadonlyMap<string, { readonly sessions: ReadonlyMap<string, unknown> }>): unknown[] {
  return [...people].map(([id, { sessions }]) => [id, [...sessions.keys()].sort()]).sort();
}
