import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ReadMark } from "./read-mark";
import { MemoryStore } from "./store";

const at = (seq: number, epoch = "e") => ({ epoch, seq });

describe("how far one has read", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is, for who comes for the first time, all that is there", () => {
    const mark = new ReadMark(new MemoryStore(), "ada lobby");
    expect(mark.of(at(7))).toBe(7);
    expect(mark.of(at(9))).toBe(7);
  });

  it("only goes forward, and is kept over a reload", () => {
    const store = new MemoryStore();
    const mark = new ReadMark(store, "ada lobby");
    expect([mark.advance(at(5)), mark.advance(at(4)), mark.advance(at(5))]).toEqual([true, false, false]);
    vi.runAllTimers();
    expect(new ReadMark(store, "ada lobby").of(at(9))).toBe(5);
    expect(new ReadMark(store, "ada den").of(at(9))).toBe(9);
  });

  it("is written at once when the page goes, and not for each message", () => {
    const store = new MemoryStore();
    const set = vi.spyOn(store, "set");
    const mark = new ReadMark(store, "ada lobby");
    for (let seq = 1; seq <= 100; seq++) mark.advance(at(seq));
    expect(set).not.toHaveBeenCalled();
    mark.flush();
    expect(set.mock.calls).toEqual([["chitchat.read ada lobby", "e:100"]]);
  });

  it("begins anew in another log", () => {
    const mark = new ReadMark(new MemoryStore(), "ada lobby");
    mark.advance(at(90));
    expect(mark.of(at(3, "f"))).toBe(3);
    expect(mark.advance(at(4, "f"))).toBe(true);
  });

  it("takes over what another page has read, when that is more", () => {
    const store = new MemoryStore();
    const mark = new ReadMark(store, "ada lobby");
    mark.advance(at(5));
    const heard: boolean[] = [];
    store.watch((key) => heard.push(mark.changedElsewhere(key)));
    store.setElsewhere("chitchat.read ada lobby", "e:4");
    store.setElsewhere("chitchat.read ada den", "e:8");
    store.setElsewhere("chitchat.read ada lobby", "nonsense");
    store.setElsewhere("chitchat.read ada lobby", "e:8");
    expect(heard).toEqual([false, false, false, true]);
    expect(mark.of(at(9))).toBe(8);
  });
});
