// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { browserStore } from "./store";

beforeEach(() => {
  localStorage.clear();
});

/** Items are its own properties, as a browser's are. */
class FakeStorage {
  getItem(key: string): string | null {
    return (this as unknown as Record<string, string>)[key] ?? null;
  }
  setItem(key: string, value: string): void {
    Object.assign(this, { [key]: value });
  }
  removeItem(key: string): void {
    Reflect.deleteProperty(this, key);
  }
}

/** One that takes nothing, and has what it had. */
class FullStorage extends FakeStorage {
  override setItem(): void {
    throw new DOMException("full", "QuotaExceededError");
  }
}

const full = (): Storage => new FullStorage() as unknown as Storage;

const forbidden = (): Storage => {
  throw new DOMException("forbidden", "SecurityError");
};

describe("a store of the browser", () => {
  it("keeps values over a reload, and removes them", () => {
    browserStore(() => localStorage).set("a 1", { text: "one" });
    const store = browserStore(() => localStorage);
    store.set("a 2", "two");
    store.set("b", 3);
    expect([store.get("a 1"), store.get("a 2"), store.get("c")]).toEqual([{ text: "one" }, "two", undefined]);
    expect([...store.keys("a ")].sort()).toEqual(["a 1", "a 2"]);
    store.set("a 1", undefined);
    expect([store.get("a 1"), store.keys("a ")]).toEqual([undefined, ["a 2"]]);
  });

  it.each([
    ["that is full", full],
    ["that is forbidden", forbidden],
  ])("keeps what a storage %s does not take, as long as the page lives", (_, open) => {
    const store = browserStore(open);
    store.set("a", 1);
    store.set("a", 2);
    expect([store.get("a"), store.keys("a")]).toEqual([2, ["a"]]);
    store.set("a", undefined);
    expect([store.get("a"), store.keys("a")]).toEqual([undefined, []]);
  });

  it("does not go back to an older value that a full storage has, but to a newer one of another page", () => {
    const storage = Object.assign(full(), { a: "1" });
    const store = browserStore(() => storage);
    store.set("a", 2);
    expect([store.get("a"), storage.getItem("a")]).toEqual([2, "1"]);
    Object.assign(storage, { a: "3" });
    const event = new StorageEvent("storage", { key: "a" });
    Object.defineProperty(event, "storageArea", { value: storage });
    window.dispatchEvent(event);
    expect(store.get("a")).toBe(3);
  });

  it("tells what another page did", () => {
    const store = browserStore(() => localStorage);
    const heard: string[] = [];
    const end = store.watch((key) => heard.push(key));
    const tell = (key: string | null, storageArea: Storage): void =>
      void window.dispatchEvent(new StorageEvent("storage", { key, storageArea }));
    tell("a", localStorage);
    tell("b", sessionStorage);
    tell(null, localStorage);
    end();
    tell("c", localStorage);
    expect(heard).toEqual(["a", ""]);
  });

  it.each(["not JSON", "null"])("has nothing where somebody else wrote %s", (written) => {
    localStorage.setItem("a", written);
    expect(browserStore(() => localStorage).get("a")).toBeUndefined();
  });
});
