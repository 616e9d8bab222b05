// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { MentionIndex } from "@/client/mentions";
import { renderOnPage } from "@/shared/testing";
import { MessageRow, type MessageRowProps } from "./message-row";
import { ADA, BOB } from "./timeline-testing";

const EVE = { id: "e", name: "Eve\u202e" };

const setup = (props: Partial<MessageRowProps>): HTMLElement => {
  const mentionable = new MentionIndex([ADA, BOB]);
  const row = { user: BOB, self: ADA, channel: "lobby", seq: 7, foldKey: "m7", at: 0, text: "hey", mentionable };
  renderOnPage(<MessageRow {...row} begins {...props} />);
  return screen.getByRole("article");
};

describe("MessageRow", () => {
  it("isolates the name above a message", () => {
    expect(within(setup({ user: EVE })).getByText(EVE.name).tagName).toBe("BDI");
  });

  it("links its time to its address, without a stop of its own for the keys", () => {
    const link = within(setup({})).getByRole("link", { name: /link to this message of / });
    expect(link.getAttribute("aria-label")).toMatch(new RegExp(`^${link.textContent}`)); // what is said begins with what is seen
    expect([link.getAttribute("href"), link.tabIndex]).toEqual(["/c/lobby#m7", -1]);
  });

  it.each<[want: string, props: Partial<MessageRowProps>]>([
    ["Message by Bob, mentions you", { text: "hey @Ada" }],
    ["Message by Bob", { text: "hey @Bob" }],
    ["Message by Ada", { user: ADA, text: "I, @Ada" }],
  ])("is called %s", (want, props) => {
    expect(setup(props).getAttribute("aria-label")).toBe(want);
  });
});
