// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { MentionIndex } from "@/client/mentions";
import { renderOnPage } from "@/shared/testing";
import { MessageText, type MessageTextProps } from "./message-text";

const ADA = { id: "1", name: "Ada" };
const PEOPLE = new MentionIndex([ADA, { id: "2", name: "Bob" }]);
const LONG = Array.from({ length: 40 }, (_, i) => `line ${i}`).join("\n");

const parsed = vi.hoisted(() => vi.fn());

vi.mock("./markdown-text", async (original) => {
  const { MarkdownText } = await original<typeof import("./markdown-text")>();
  return {
    MarkdownText: (props: { text: string }): ReactNode => {
      parsed(props.text);
      return <MarkdownText {...props} />;
    },
  };
});

beforeEach(() => parsed.mockClear());

function show(text: string, props: Partial<MessageTextProps> = {}) {
  return renderOnPage(<MessageText text={text} mentionable={PEOPLE} selfId={ADA.id} {...props} />);
}

function Arrival({ text }: { readonly text: string }) {
  const [people, setPeople] = useState(PEOPLE);
  return (
    <>
      <MessageText text={text} mentionable={people} selfId={ADA.id} />
      <button type="button" onClick={() => setPeople(new MentionIndex([{ id: "3", name: "Eve" }]))}>
        Eve comes
      </button>
    </>
  );
}

describe("a plain text", () => {
  it("is there at once and as typed, and is not parsed", () => {
    const { container } = show("hello,\r\n  you & <b> #1\n\n100% [sic]");
    expect(container.textContent).toBe("hello,\n  you & <b> #1\n\n100% [sic]");
    expect(parsed).not.toHaveBeenCalled();
  });

  it("has its mentions marked, the reader's own apart", () => {
    const { container } = show("@ada, ask @Bob or @Eve");
    const marks = [...container.querySelectorAll("mark")];
    expect(marks.map((mark) => [mark.textContent, mark.hasAttribute("data-self")])).toEqual([
      ["@ada", true],
      ["@Bob", false],
    ]);
    expect(container.textContent).toBe("@ada, ask @Bob or @Eve");
  });
});

describe("a text with Markdown", () => {
  it("is plain until the part is loaded", async () => {
    const { container } = show("**hi** @Ada");
    expect(container.textContent).toContain("hi");
    expect((await screen.findByText("hi")).tagName).toBe("STRONG");
    expect(screen.getByText("@Ada").tagName).toBe("MARK");
  });

  it("marks the mentions of those who come, and leaves the rest alone", async () => {
    const user = userEvent.setup();
    renderOnPage(<Arrival text="*hey* @Eve" />);
    const hey = await screen.findByText("hey");
    expect(hey.parentElement?.querySelector("mark")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Eve comes" }));
    expect(screen.getByText("@Eve").tagName).toBe("MARK");
    expect(screen.getByText("hey")).toBe(hey);
  });

  it("copies a block of code by keyboard", async () => {
    const user = userEvent.setup();
    show("```js\nlet a;\n  b();\n```");
    const button = await screen.findByRole("button", { name: "Copy" });
    await user.tab();
    expect(button).toBe(document.activeElement);
    await user.keyboard("{Enter}");
    expect(await screen.findByRole("button", { name: "Copied" })).toBe(button);
    expect(await navigator.clipboard.readText()).toBe("let a;\n  b();");
    await user.tab();
    expect(screen.getByRole("group", { name: "Code" })).toBe(document.activeElement);
  });

  it("selects the code where it may not copy", async () => {
    const user = userEvent.setup();
    show("```\nsecret\n```");
    const button = await screen.findByRole("button", { name: "Copy" });
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("no", "NotAllowedError"));
    await user.click(button);
    expect(await screen.findByRole("button", { name: /^Selected/ })).toBe(button);
    expect(getSelection()?.toString()).toContain("secret");
  });
});

describe("a hostile text", () => {
  it.each(["*", "[", "> ", "- a\n", "\u202e", "e\u0301", "word", "@Ada "])("of 4,000 %j is shown whole", (part) => {
    const text = part.repeat(4000 / part.length);
    expect(show(text).container.querySelector("p")?.textContent).toBe(text);
  });
});

describe("a long text", () => {
  it("is folded, and whole all the same", async () => {
    const user = userEvent.setup();
    const { container } = show(LONG);
    const button = screen.getByRole("button", { name: "Show more", expanded: false });
    expect(container.querySelector("p")?.textContent).toBe(LONG);
    await user.click(button);
    await user.click(screen.getByRole("button", { name: "Show less", expanded: true }));
    expect(screen.getByRole("button", { name: "Show more", expanded: false })).toBe(button);
  });

  it.each([
    ["20 lines", "a\n".repeat(19), false],
    ["21 lines", "a\n".repeat(20), true],
    ["1,500 characters", "a".repeat(1500), false],
    ["1,501 characters", "a".repeat(1501), true],
  ])("of %s", (_, text, isFolded) => {
    show(text);
    expect(screen.queryAllByRole("button")).toHaveLength(isFolded ? 1 : 0);
  });

  it("stays as it was left when its row goes and comes back", async () => {
    const user = userEvent.setup();
    const first = show(LONG, { foldKey: "m1" });
    await user.click(screen.getByRole("button", { name: "Show more" }));
    first.unmount();
    const second = show(LONG, { foldKey: "m1" });
    await user.click(screen.getByRole("button", { name: "Show less" }));
    second.unmount();
    show(LONG, { foldKey: "m1" });
    expect(screen.getByRole("button").getAttribute("aria-expanded")).toBe("false");
  });

  it("keeps the keyboard out of what is cut off", async () => {
    const user = userEvent.setup();
    vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function (this: HTMLElement) {
      return new DOMRect(0, 0, 100, this.textContent?.includes("hidden") && this.tagName === "A" ? 900 : 100);
    });
    show(`https://seen.example\n${LONG}\nhttps://hidden.example`);
    const hidden = await screen.findByRole("link", { name: "https://hidden.example" });
    await vi.waitFor(() => expect(hidden.tabIndex).toBe(-1));
    await user.tab();
    expect(screen.getByRole("link", { name: "https://seen.example" })).toBe(document.activeElement);
    await user.tab();
    expect(screen.getByRole("button", { name: "Show more" })).toBe(document.activeElement);
    await user.keyboard("{Enter}");
    expect(hidden.hasAttribute("tabindex")).toBe(false);
  });
});
