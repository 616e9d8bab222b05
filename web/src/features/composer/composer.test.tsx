// @vitest-environment happy-dom
import { cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { renderOnPage } from "@/shared/testing";
import { Composer } from "./composer";

const setup = (taken = true) => {
  const onSend = vi.fn(() => taken);
  renderOnPage(<Composer channel="lobby" owner="ada lobby" onSend={onSend} />);
  const box = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
  return {
    onSend,
    box,
    send: screen.getByRole<HTMLButtonElement>("button", { name: "Send" }),
    user: userEvent.setup(),
  };
};

beforeEach(() => sessionStorage.clear());

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

  it("does not send white space", async () => {
    const { onSend, box, send, user } = setup();
    await user.type(box, "  {Enter}");
    expect(onSend).not.toHaveBeenCalled();
    expect(send.disabled).toBe(true);
  });

  it("counts down to 4000, and does not send more", async () => {
    const { onSend, box, send, user } = setup();
    await user.click(box);
    await user.paste("x".repeat(4000));
    expect(screen.getByText("0 left")).toBeTruthy();
    await user.type(box, "y{Enter}");
    expect(screen.getByText("1 too many")).toBeTruthy();
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
    expect(screen.getByText(/waiting to be sent/)).toBeTruthy();
  });
});
