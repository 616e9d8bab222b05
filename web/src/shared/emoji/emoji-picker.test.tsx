// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef, useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { renderOnPage } from "@/shared/testing";
import { EmojiPicker } from "./emoji-picker";

const loadEmojiSet = vi.hoisted(() => vi.fn());
vi.mock("./emoji-set", () => ({ loadEmojiSet }));
// The grid lays its rows out by their height, which nothing has here.
vi.mock("./emoji-grid", () => ({
  EmojiGrid: ({ onPick }: { onPick: (emoji: string) => void }) => (
    <button type="button" onClick={() => onPick("🎉")}>
      party popper
    </button>
  ),
}));

function Page({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const opener = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" ref={opener} onClick={() => setOpen(!isOpen)}>
        Emoji
      </button>
      {isOpen && <EmojiPicker id="picker" opener={opener} onPick={onPick} onClose={() => setOpen(false)} />}
      <button type="button">Elsewhere</button>
    </>
  );
}

const setup = async () => {
  const onPick = vi.fn();
  renderOnPage(<Page onPick={onPick} />);
  const user = userEvent.setup();
  const opener = screen.getByRole("button", { name: "Emoji" });
  await user.click(opener);
  return { user, opener, onPick };
};
const dialog = () => screen.queryByRole("dialog", { name: "Choose an emoji" });

beforeEach(() => {
  loadEmojiSet.mockReset().mockResolvedValue({});
});

describe("EmojiPicker", () => {
  it("takes the focus, and tells what was picked", async () => {
    const { user, onPick } = await setup();
    expect(document.activeElement).toBe(dialog());
    await user.click(await screen.findByRole("button", { name: "party popper" }));
    expect(onPick).toHaveBeenCalledWith("🎉");
  });

  it("closes on Escape, and nothing else with it; the focus goes back", async () => {
    const { user, opener } = await setup();
    const seen = vi.fn();
    const onKeyDown = (event: Event) => seen(event.defaultPrevented);
    document.addEventListener("keydown", onKeyDown);
    await user.keyboard("{Escape}");
    document.removeEventListener("keydown", onKeyDown);
    expect(dialog()).toBeNull();
    expect(document.activeElement).toBe(opener);
    expect(seen).toHaveBeenCalledWith(true);
  });

  it("closes when one presses elsewhere, or goes there by Tab", async () => {
    const { user, opener } = await setup();
    await screen.findByRole("button", { name: "party popper" });
    const elsewhere = screen.getByRole("button", { name: "Elsewhere" });
    await user.click(elsewhere);
    expect(dialog()).toBeNull();
    await user.click(opener);
    expect(dialog()).not.toBeNull();
    await screen.findByRole("button", { name: "party popper" });
    await user.tab();
    expect(dialog()).not.toBeNull();
    await user.tab();
    expect(document.activeElement).toBe(elsewhere);
    expect(dialog()).toBeNull();
  });

  it("closes with the button that opened it", async () => {
    const { user, opener } = await setup();
    await user.click(opener);
    expect(dialog()).toBeNull();
  });

  it("says that the emoji cannot be had, and tries again", async () => {
    loadEmojiSet.mockRejectedValueOnce(new TypeError("no network"));
    const { user } = await setup();
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(screen.getByRole("button", { name: "party popper" })).toBeTruthy());
    expect(loadEmojiSet).toHaveBeenCalledTimes(2);
  });
});
