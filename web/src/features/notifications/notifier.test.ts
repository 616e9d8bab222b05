import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Message } from "@/client/messages";
import { GATHER_MS, Notifier, QUIET_MS } from "./notifier";

const message = (seq: number, name = "Bob"): Message => ({
  type: "message",
  seq,
  id: `${seq}`,
  from_user: { id: name, name },
  sent_at: "2026-01-01T12:00:00Z",
  text: `text ${seq}`,
});

const setup = () => {
  const show = vi.fn();
  const read = { to: 0 };
  return { show, read, notifier: new Notifier({ show, isRead: (_, seq) => seq <= read.to }) };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Notifier", () => {
  it("tells of one message", () => {
    const { show, notifier } = setup();
    notifier.add("lobby", [message(1)]);
    vi.advanceTimersByTime(GATHER_MS);
    expect(show).toHaveBeenCalledExactlyOnceWith({ channel: "lobby", last: message(1), count: 1, names: ["Bob"] });
  });

  it("tells of many together, and not of a thousand a second", () => {
    const { show, notifier } = setup();
    notifier.add("lobby", [message(1)]);
    vi.advanceTimersByTime(GATHER_MS);
    for (let seq = 2; seq <= 1001; seq++) notifier.add("lobby", [message(seq, seq % 2 ? "Bob" : "Eve")]);
    vi.advanceTimersByTime(QUIET_MS);
    expect(show).toHaveBeenCalledTimes(2);
    expect(show).toHaveBeenLastCalledWith({
      channel: "lobby",
      last: message(1001),
      count: 1000,
      names: ["Eve", "Bob"],
    });
  });

  it("keeps quiet of what was read in the meantime, here or elsewhere", () => {
    const { show, read, notifier } = setup();
    notifier.add("lobby", [message(1), message(2)]);
    read.to = 2;
    vi.advanceTimersByTime(GATHER_MS);
    expect(show).not.toHaveBeenCalled();
    notifier.add("lobby", [message(3)]);
    vi.advanceTimersByTime(GATHER_MS);
    expect(show).toHaveBeenCalledOnce();
  });

  it("keeps the channels apart, and quiet when there is nothing, or when it was stopped", () => {
    const { show, notifier } = setup();
    notifier.add("lobby", [message(1)]);
    notifier.add("engine-room", [message(2)]);
    notifier.add("empty", []);
    vi.advanceTimersByTime(GATHER_MS);
    expect(show.mock.calls.map(([{ channel }]) => channel)).toEqual(["lobby", "engine-room"]);
    notifier.add("third", [message(3)]);
    notifier.stop();
    vi.advanceTimersByTime(QUIET_MS);
    expect(show).toHaveBeenCalledTimes(2);
  });
});
