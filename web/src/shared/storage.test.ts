// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";

const ADA = "a lobby";

/** The page's own module: a reload makes it anew. */
let page: typeof import("./storage");
const reload = async (): Promise<void> => {
  vi.resetModules();
  page = await import("./storage");
};

beforeEach(async () => {
  localStorage.clear();
  sessionStorage.clear();
  await reload();
});

/** What another tab sees: the same browser, without this tab's own. */
const inAnotherTab = async (): Promise<string> => {
  sessionStorage.clear();
  await reload();
  return page.loadDraft(ADA);
};

describe("a draft", () => {
  it("is there after a reload, and after the browser was closed", async () => {
    page.saveDraft(ADA, "half a thou");
    await reload();
    expect(page.loadDraft(ADA)).toBe("half a thou");
    expect(page.loadDraft("b lobby")).toBe("");
    expect(await inAnotherTab()).toBe("half a thou");
  });

  it("of this tab wins over another's", async () => {
    page.saveDraft(ADA, "mine");
    localStorage.setItem(`chitchat.draft ${ADA}`, JSON.stringify({ text: "theirs" }));
    await reload();
    expect(page.loadDraft(ADA)).toBe("mine");
  });

  it.each([
    ["that is sent is gone", undefined, ""],
    ["of another tab is not gone with it", "theirs", "theirs"],
  ])("%s", async (_, theirs, want) => {
    page.saveDraft(ADA, "mine");
    if (theirs !== undefined) localStorage.setItem(`chitchat.draft ${ADA}`, JSON.stringify({ text: theirs }));
    page.saveDraft(ADA, "");
    expect(page.loadDraft(ADA)).toBe("");
    expect(await inAnotherTab()).toBe(want);
  });

  it("is forgotten with its channel, or with its person", async () => {
    page.saveDraft(ADA, "one");
    page.saveDraft("a other", "two");
    page.saveDraft("ab lobby", "another person's");
    page.forgetDrafts(ADA);
    expect([page.loadDraft(ADA), page.loadDraft("a other")]).toEqual(["", "two"]);
    page.forgetDrafts("a");
    expect(page.loadDraft("a other")).toBe("");
    await reload();
    expect([page.loadDraft(ADA), page.loadDraft("a other")]).toEqual(["", ""]);
    expect(page.loadDraft("ab lobby")).toBe("another person's");
  });

  it("of a length that nobody can send is there until a reload", async () => {
    page.saveDraft(ADA, "x".repeat(70_000));
    expect(page.loadDraft(ADA).length).toBe(70_000);
    await reload();
    expect(page.loadDraft(ADA)).toBe("");
  });

  it.each(["not JSON", "7", '{"text":7}'])("that somebody else wrote there (%s) is none", (written) => {
    localStorage.setItem(`chitchat.draft ${ADA}`, written);
    expect(page.loadDraft(ADA)).toBe("");
  });
});

describe("the theme", () => {
  it("is chosen for this browser, and theme.js is told", () => {
    const told = vi.fn();
    window.addEventListener("chitchat:theme", told);
    page.themeChoice.set("dark");
    expect(page.themeChoice.state()).toBe("dark");
    expect(localStorage.getItem("chitchat.theme")).toBe('"dark"'); // which is what theme.js reads
    expect(told).toHaveBeenCalledOnce();
    page.themeChoice.set("system");
  });

  it("follows what another tab chose, and nothing that is no theme", () => {
    for (const [stored, want] of [
      ["light", "light"],
      ["mauve", "system"],
    ]) {
      localStorage.setItem("chitchat.theme", JSON.stringify(stored));
      window.dispatchEvent(new StorageEvent("storage", { key: "chitchat.theme", storageArea: localStorage }));
      expect(page.themeChoice.state()).toBe(want);
    }
  });
});
