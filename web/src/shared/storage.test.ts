// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { forgetDrafts, loadDraft, saveDraft, themeChoice } from "./storage";

const ADA = "a lobby";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

/** What another tab sees: the same browser, without this tab's own. */
const inAnotherTab = (): string => {
  const own = { ...sessionStorage };
  sessionStorage.clear();
  const draft = loadDraft(ADA);
  for (const [key, value] of Object.entries(own)) sessionStorage.setItem(key, value);
  return draft;
};

describe("a draft", () => {
  it("is there after the browser was closed", () => {
    saveDraft(ADA, "half a thou");
    expect(loadDraft(ADA)).toBe("half a thou");
    expect(inAnotherTab()).toBe("half a thou");
    expect(loadDraft("b lobby")).toBe("");
  });

  it("of this tab wins over another's", () => {
    saveDraft(ADA, "mine");
    localStorage.setItem(`chitchat.draft ${ADA}`, JSON.stringify({ text: "theirs" }));
    expect(loadDraft(ADA)).toBe("mine");
  });

  it("that is sent is gone, and another tab's is not", () => {
    saveDraft(ADA, "mine");
    saveDraft(ADA, "");
    expect([loadDraft(ADA), inAnotherTab()]).toEqual(["", ""]);
    saveDraft(ADA, "mine");
    localStorage.setItem(`chitchat.draft ${ADA}`, JSON.stringify({ text: "theirs" }));
    saveDraft(ADA, "");
    expect([loadDraft(ADA), inAnotherTab()]).toEqual(["", "theirs"]);
  });

  it("is forgotten with its channel, or with its person", () => {
    saveDraft(ADA, "one");
    saveDraft("a other", "two");
    saveDraft("ab lobby", "another person's");
    forgetDrafts(ADA);
    expect([loadDraft(ADA), loadDraft("a other")]).toEqual(["", "two"]);
    forgetDrafts("a");
    expect([loadDraft("a other"), inAnotherTab()]).toEqual(["", ""]);
    expect(loadDraft("ab lobby")).toBe("another person's");
  });

  it("of a length that nobody can send is not kept", () => {
    saveDraft(ADA, "x".repeat(20_000));
    expect(loadDraft(ADA)).toBe("");
  });

  it.each(["not JSON", "7", '{"text":7}'])("that somebody else wrote there (%s) is none", (written) => {
    localStorage.setItem(`chitchat.draft ${ADA}`, written);
    expect(loadDraft(ADA)).toBe("");
  });
});

describe("the theme", () => {
  it("is chosen for this browser, and theme.js is told", () => {
    const told = vi.fn();
    window.addEventListener("chitchat:theme", told);
    themeChoice.set("dark");
    expect(themeChoice.state()).toBe("dark");
    expect(localStorage.getItem("chitchat.theme")).toBe('"dark"'); // which is what theme.js reads
    expect(told).toHaveBeenCalledOnce();
    themeChoice.set("system");
  });

  it("follows what another tab chose, and nothing that is no theme", () => {
    for (const [stored, want] of [
      ["light", "light"],
      ["mauve", "system"],
    ]) {
      localStorage.setItem("chitchat.theme", JSON.stringify(stored));
      window.dispatchEvent(new StorageEvent("storage", { key: "chitchat.theme", storageArea: localStorage }));
      expect(themeChoice.state()).toBe(want);
    }
  });
});
