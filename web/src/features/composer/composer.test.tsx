// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadShortcodes } from "@/shared/emoji/shortcodes";
import { forgetDrafts } from "@/shared/storage";
import { renderOnPage } from "@/shared/testing";
import { Composer } from "./composer";

vi.mock("@/shared/emoji/emoji-set", () => ({ loadEmojiSet: async () => ({}) }));
vi.mock("@/shared/emoji/emoji-grid", () => ({
  EmojiGrid: ({ onPick }: { onPick: (emoji: string) => void }) => (
    <button type="button" onClick={() => onPick("🎉")}>
      party popper
    </button>
  ),
}));

const PEOPLE = ["Ada", "Bob Brown", "Bea Brown", "Zoë"].map((name) => ({ id: name.toLowerCase(), name }));
const SHORTCODES = { "😄": "smile", "😏": "smirk", "👍": "+1 thumbsup" };

/** A page with two channels, and a button to go from one to the other. */
function Page({ onSend, onTyping }: { readonly onSend: (text: string) => boolean; readonly onTyping: () => void }) {
  const [channel, setChannel] = useState("lobby");
  return (
    <>
      <button type="button" onClick={() => setChannel(channel === "lobby" ? "attic" : "lobby")}>
        Other channel
      </button>
      <Composer channel={channel} owner={`ada ${channel}`} people={PEOPLE} onSend={onSend} onTyping={onTyping} />
    </>
  );
}

const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const options = () => screen.queryAllByRole("option").map(({ textContent }) => textContent);

const setup = (taken = true) => {
  const onSend = vi.fn((_: string) => taken);
  const onTyping = vi.fn();
  renderOnPage(<Page onSend={onSend} onTyping={onTyping} />);
  return {
    onSend,
    onTyping,
    box: box(),
    send: screen.getByRole<HTMLButtonElement>("button", { name: "Send" }),
    user: userEvent.setup(),
  };
};

const touch = () =>
  vi
    .spyOn(window, "matchMedia")
    .mockImplementation((query) => ({ matches: query === "(pointer: coarse)" }) as MediaQueryList);

/** Edits as a browser does. user-event and React keep the value that was set last: they are told another one first. */
const execCommand = (command: string, _: boolean, insert = "") => {
  const element = document.activeElement as HTMLTextAreaElement;
  const { value, selectionStart: start, selectionEnd: end } = element;
  element.value = `not ${value}`;
  const native = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  native?.set?.call(element, value.slice(0, start) + insert + value.slice(end));
  element.setSelectionRange(start + insert.length, start + insert.length);
  const inputType = command === "delete" ? "deleteContentBackward" : "insertText";
  return element.dispatchEvent(new InputEvent("input", { bubbles: true, inputType, data: insert }));
};

beforeAll(async () => {
  Object.assign(document, { execCommand });
  vi.stubGlobal("fetch", async () => Response.json(SHORTCODES));
  await loadShortcodes();
  vi.unstubAllGlobals();
});
beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  forgetDrafts("ada");
});

describe("Composer", () => {
  it("sends on Enter and is empty after", async () => {
    const { onSend, box, user } = setup();
    await user.type(box, "hey{Enter}");
    expect(onSend).toHaveBeenCalledWith("hey");
    expect(box.value).toBe("");
  });

  it("makes a new line on Shift+Enter", async () => {
    const { onSend, box, user } = setup();
    await user.type(box, "one{Shift>}{Enter}{/Shift}two");
    expect(onSend).not.toHaveBeenCalled();
    expect(box.value).toBe("one\ntwo");
  });

  it.each([
    ["composes", { isComposing: true }],
    ["has just composed, in Safari", { keyCode: 229 }],
  ])("does not send on the Enter of an input method that %s", async (_, init) => {
    const { onSend, box, user } = setup();
    await user.type(box, "に");
    expect(fireEvent.keyDown(box, { key: "Enter", ...init })).toBe(true);
    expect(onSend).not.toHaveBeenCalled();
  });

  it("makes a new line on Enter of a touch screen, where the button sends", async () => {
    touch();
    const { onSend, box, send, user } = setup();
    await user.type(box, "one{Enter}two");
    expect(onSend).not.toHaveBeenCalled();
    expect(screen.queryByText(/Enter sends/)).toBeNull();
    await user.click(send);
    expect(onSend).toHaveBeenCalledWith("one\ntwo");
    expect(document.activeElement).toBe(box);
  });

  it("does not send white space", async () => {
    const { onSend, box, send, user } = setup();
    await user.type(box, "  {Enter}");
    expect(onSend).not.toHaveBeenCalled();
    expect(send.disabled).toBe(true);
  });

  it("cleans what the server would not take", async () => {
    const { onSend, box, user } = setup();
    await user.click(box);
    await user.paste("\n a\u0000b\ud800 \n");
    await user.keyboard("{Enter}");
    expect(onSend).toHaveBeenCalledWith(" ab\ufffd");
  });

  it("says why it does not send, until the text is another one", async () => {
    const { box, user } = setup(false);
    const state = screen.getByRole("status", { name: "State of the message" });
    expect(state.textContent).toBe("");
    await user.type(box, "hey{Enter}");
    expect(state.textContent).toBe("Too many messages are waiting to be sent.");
    await user.type(box, "!");
    expect(state.textContent).toBe("");
    await user.paste("x".repeat(4000));
    expect(state.textContent).toBe("The message is too long.");
  });

  it("counts down to 4000, and does not send more", async () => {
    const { onSend, box, send, user } = setup();
    await user.click(box);
    await user.paste("x".repeat(4000));
    expect(screen.getByText("0 characters left")).toBeTruthy();
    await user.type(box, "y{Enter}");
    expect(screen.getByText("1 character too many")).toBeTruthy();
    expect(onSend).not.toHaveBeenCalled();
    expect(send.disabled).toBe(true);
  });

  it("keeps the draft over a reload, and none once it is sent", async () => {
    const { box, user } = setup();
    await user.type(box, "half a thou");
    cleanup();
    const again = setup();
    expect(again.box.value).toBe("half a thou");
    await again.user.type(again.box, "ght{Enter}");
    expect(again.onSend).toHaveBeenCalledWith("half a thought");
    cleanup();
    expect(setup().box.value).toBe("");
  });

  it("has a draft for each channel, and is where one writes after going there", async () => {
    const { onSend, user } = setup();
    await user.type(box(), "for the lobby @b");
    await user.click(screen.getByRole("button", { name: "Other channel" }));
    expect(box().value).toBe("");
    expect(box().placeholder).toBe("Message #attic");
    expect(document.activeElement).toBe(box());
    expect(options()).toEqual([]);
    await user.keyboard("for the attic");
    await user.click(screen.getByRole("button", { name: "Other channel" }));
    expect(box().value).toBe("for the lobby @b");
    await user.click(screen.getByRole("button", { name: "Other channel" }));
    await user.keyboard("{Enter}");
    expect(onSend).toHaveBeenCalledWith("for the attic");
  });

  it.each([
    ["a mouse", "fine", true],
    ["no pointer at all", "none", true],
    ["a touch screen, where it would open the keyboard", "coarse", false],
  ])("is where one writes from the start with %s", (_, pointer, want) => {
    vi.spyOn(window, "matchMedia").mockImplementation(
      (query) => ({ matches: query === `(pointer: ${pointer})` }) as MediaQueryList,
    );
    const { box } = setup();
    expect(document.activeElement === box).toBe(want);
  });

  it("keeps what was not taken", async () => {
    const { box, user } = setup(false);
    await user.type(box, "hey{Enter}");
    expect(box.value).toBe("hey");
    expect(screen.getByRole("status").textContent).toMatch(/waiting to be sent/);
  });

  it("tells that one types, on each edit that leaves text", async () => {
    const { onTyping, box, user } = setup();
    await user.type(box, "ab");
    expect(onTyping).toHaveBeenCalledTimes(2);
    await user.keyboard("{Backspace}{Backspace}");
    expect(onTyping).toHaveBeenCalledTimes(3);
    await user.keyboard(" ");
    expect(onTyping).toHaveBeenCalledTimes(3);
  });

  it.each([
    ["b", "say **this**"],
    ["i", "say _this_"],
    ["e", "say `this`"],
  ])("marks the selection on Ctrl+%s, and leaves it selected", async (key, want) => {
    const { onSend, box, user } = setup();
    await user.type(box, "say this");
    box.setSelectionRange(4, 8);
    await user.keyboard(`{Control>}${key}{/Control}`);
    expect(box.value).toBe(want);
    expect(box.value.slice(box.selectionStart, box.selectionEnd)).toBe("this");
    await user.keyboard(`{Control>}${key}{/Control}`);
    expect(box.value).toBe("say this");
    await user.keyboard("{End}!{Enter}");
    expect(onSend).toHaveBeenCalledWith("say this!");
  });

  it("does nothing on an arrow up in the empty box", async () => {
    const { box, user } = setup();
    await user.click(box);
    await user.keyboard("{ArrowUp}");
    expect(box.value).toBe("");
  });
});

describe("completion", () => {
  const list = () => screen.queryByRole("listbox");
  const combobox = () => screen.getByRole<HTMLTextAreaElement>("combobox", { name: "Message", expanded: true });
  const activeOption = () => document.getElementById(combobox().getAttribute("aria-activedescendant") ?? "");

  it("offers emoji after a colon and two characters; arrows go round, Enter chooses", async () => {
    const { onSend, box, user } = setup();
    await user.type(box, "hey :s");
    expect(list()).toBeNull();
    await user.keyboard("m");
    expect(options()).toEqual(["😄:smile:", "😏:smirk:"]);
    expect(combobox().getAttribute("aria-controls")).toBe(list()?.id);
    expect(activeOption()?.textContent).toBe("😄:smile:");
    expect(activeOption()?.getAttribute("aria-selected")).toBe("true");
    await user.keyboard("{ArrowDown}");
    expect(activeOption()?.textContent).toBe("😏:smirk:");
    await user.keyboard("{ArrowDown}{ArrowUp}{Enter}");
    expect(box.value).toBe("hey 😏");
    expect(list()).toBeNull();
    expect(onSend).not.toHaveBeenCalled();
    await user.keyboard("{Enter}");
    expect(onSend).toHaveBeenCalledWith("hey 😏");
  });

  it("mentions others by name, and not oneself", async () => {
    const { box, user } = setup();
    await user.type(box, "@");
    expect(screen.getByRole("listbox", { name: "People that fit" })).toBeTruthy();
    expect(options()).toEqual(["BBBob Brown", "BBBea Brown", "ZZoë"]);
    await user.keyboard("brown{ArrowDown}{Tab}");
    expect(box.value).toBe("@Bea Brown ");
    expect(document.activeElement).toBe(box);
    await user.keyboard("hey @zoe");
    await user.click(screen.getByRole("option", { name: "Zoë" }));
    expect(box.value).toBe("@Bea Brown hey @Zoë ");
    expect(document.activeElement).toBe(box);
  });

  it("begins with the first option again when one writes on", async () => {
    const { box, user } = setup();
    await user.type(box, "@b{ArrowDown}");
    expect(activeOption()?.textContent).toBe("BBBea Brown");
    await user.keyboard("o");
    expect(activeOption()?.textContent).toBe("BBBob Brown");
  });

  it("closes on Escape until another word begins", async () => {
    const { onSend, box, user } = setup();
    await user.type(box, "@b{Escape}");
    expect(list()).toBeNull();
    await user.keyboard("o");
    expect(list()).toBeNull();
    await user.keyboard(" @b");
    expect(list()).not.toBeNull();
    await user.keyboard("{Escape}{Enter}");
    expect(onSend).toHaveBeenCalledWith("@bo @b");
  });

  it("closes when one goes elsewhere", async () => {
    const { box, user } = setup();
    await user.type(box, "@b");
    await user.tab({ shift: true });
    expect(document.activeElement).not.toBe(box);
    expect(list()).toBeNull();
  });

  it("makes an emoji of a shortcode when its colon is typed, and not of code", async () => {
    const { box, user } = setup();
    await user.type(box, "a :+1: b `:+1:` :nobody:");
    expect(box.value).toBe("a 👍 b `:+1:` :nobody:");
  });

  it("leaves what is pasted, and sends emoji for it", async () => {
    const { onSend, box, user } = setup();
    await user.click(box);
    await user.paste("a :+1: b `:+1:`");
    expect(box.value).toBe("a :+1: b `:+1:`");
    await user.keyboard("{Enter}");
    expect(onSend).toHaveBeenCalledWith("a 👍 b `:+1:`");
  });
});

describe("emoji picker", () => {
  it("puts the emoji at the caret, and one writes on", async () => {
    const { onSend, box, user } = setup();
    await user.type(box, "ab");
    box.setSelectionRange(1, 1);
    await user.click(screen.getByRole("button", { name: "Emoji" }));
    await user.click(await screen.findByRole("button", { name: "party popper" }));
    expect(box.value).toBe("a🎉b");
    expect(screen.queryByRole("dialog")).toBeNull();
    await user.keyboard("!{Enter}");
    expect(onSend).toHaveBeenCalledWith("a🎉!b");
  });

  it("keeps the draft when it closes", async () => {
    const { box, user } = setup();
    await user.type(box, "ab");
    await user.click(screen.getByRole("button", { name: "Emoji" }));
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Emoji" }));
    expect(box.value).toBe("ab");
  });
});
