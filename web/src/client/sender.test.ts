import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SendCommand } from "./frames";
import { ANSWER_TIMEOUT_MS } from "./outbox";
import { fromRecords } from "./outbox-record";
import { Sender } from "./sender";

const setup = () => {
  const sent: SendCommand[] = [];
  const onStalled = vi.fn();
  const sender = new Sender();
  const line = { transmit: (command: SendCommand) => sent.push(command) > 0, onStalled };
  return { sender, sent, onStalled, line };
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("Sender", () => {
  it("keeps what is written without a line, and sends it in order when there is one", () => {
    const { sender, sent, line } = setup();
    sender.send("one");
    sender.send("two");
    expect(sent).toEqual([]);
    sender.connected(line);
    expect(sent.map(({ text }) => text)).toEqual(["one"]);
    sender.answered({ type: "ack", id: sent[0]?.id ?? "", seq: 1 });
    expect(sent.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  it("sends the same id again, as a retry, over the next line", () => {
    const { sender, sent, line } = setup();
    sender.connected(line);
    sender.send("one");
    sender.disconnected();
    sender.connected(line);
    expect(sent).toEqual([
      { type: "send", id: sent[0]?.id, text: "one" },
      { type: "send", id: sent[0]?.id, text: "one", retry: true },
    ]);
  });

  it("goes on with what an earlier page left", () => {
    const { sent, line } = setup();
    const records = [{ id: "1", text: "one", at: 0 }];
    const sender = new Sender(fromRecords(records, 0));
    expect(sender.items()).toMatchObject([{ id: "1", status: "sending" }]);
    sender.connected(line);
    expect(sent).toEqual([{ type: "send", id: "1", text: "one", retry: true }]);
  });

  it("gives up a line that does not answer, and no other", () => {
    const { sender, onStalled, line } = setup();
    sender.connected(line);
    sender.send("one");
    vi.advanceTimersByTime(ANSWER_TIMEOUT_MS - 1);
    expect(onStalled).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onStalled).toHaveBeenCalledOnce();
  });

  it("waits as long as the server asks", () => {
    const { sender, sent, line } = setup();
    sender.connected(line);
    sender.send("one");
    sender.answered({ type: "error", id: sent[0]?.id ?? "", code: "rate_limited", message: "", retry_after_ms: 800 });
    vi.advanceTimersByTime(799);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sent).toHaveLength(2);
  });

  it("tells of each change, and forgets what is in the log", () => {
    const { sender, line } = setup();
    const listener = vi.fn();
    sender.subscribe(listener);
    sender.connected(line);
    sender.send("one");
    expect(sender.items()).toMatchObject([{ text: "one", status: "sending" }]);
    sender.settle(() => true);
    expect(sender.items()).toEqual([]);
    expect(listener).toHaveBeenCalledTimes(2);
  });
});
