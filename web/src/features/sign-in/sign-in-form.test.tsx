// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "@/client/api";
import { renderOnPage } from "@/shared/testing";
import { SignInForm } from "./sign-in-form";

const setup = (answer: () => Promise<void>, initial = {}) => {
  const signIn = vi.fn(answer);
  renderOnPage(<SignInForm signIn={signIn} initial={initial} notice={undefined} />);
  return { signIn, user: userEvent.setup() };
};

describe("SignInForm", () => {
  it("signs in with what was entered", async () => {
    const { signIn, user } = setup(() => Promise.resolve());
    await user.type(screen.getByRole("textbox", { name: "Name" }), " John Snow ");
    await user.type(screen.getByRole("textbox", { name: "Channel" }), "lobby{Enter}");
    const credentials = { name: "John Snow", email: "", channel: "lobby" };
    await waitFor(() => expect(signIn).toHaveBeenCalledWith(credentials));
  });

  it("says at the field what the server did not like", async () => {
    const refusal = new ApiError("invalid_channel", "Use letters.", 422);
    const { user } = setup(() => Promise.reject(refusal), { name: "Ada", channel: "lobby" });
    await user.click(screen.getByRole("button", { name: "Join" }));
    expect(await screen.findByText("Use letters.")).toBeTruthy();
    expect(screen.getByRole("textbox", { name: "Channel" }).getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid")).not.toBe("true");
  });

  it("says at each field what is wrong, all at once, and asks the server when nothing is", async () => {
    const { signIn, user } = setup(() => Promise.resolve(), { email: "ada" });
    await user.click(screen.getByRole("button", { name: "Join" }));
    const fields = ["Name", "Email", "Channel"].map((name) => screen.getByRole("textbox", { name }));
    expect(fields.map((field) => field.getAttribute("aria-invalid"))).toEqual(["true", "true", "true"]);
    expect(document.activeElement).toBe(fields[0]);
    expect(signIn).not.toHaveBeenCalled();
    await user.type(screen.getByRole("textbox", { name: "Name" }), "Ada");
    await user.clear(screen.getByRole("textbox", { name: "Email" }));
    await user.type(screen.getByRole("textbox", { name: "Channel" }), "lobby{Enter}");
    await waitFor(() => expect(signIn).toHaveBeenCalledOnce());
    expect(fields.map((field) => field.getAttribute("aria-invalid"))).not.toContain("true");
  });

  it("says above the button when the server cannot be reached, and knows who was here", async () => {
    const { user } = setup(() => Promise.reject(new ApiError("network", "", 0)), { name: "Ada", channel: "lobby" });
    expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Name" }).value).toBe("Ada");
    await user.click(screen.getByRole("button", { name: "Join" }));
    expect((await screen.findByRole("alert")).textContent).toContain("cannot be reached");
  });
});
