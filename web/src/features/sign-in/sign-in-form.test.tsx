// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { ApiClient, ApiError } from "@/client/api";
import { renderOnPage } from "@/shared/testing";
import { SignInForm } from "./sign-in-form";

const setup = (answer: () => Promise<string>, initial = {}) => {
  const api = new ApiClient();
  const signIn = vi.spyOn(api, "signIn").mockImplementation(answer);
  const onToken = vi.fn();
  renderOnPage(<SignInForm api={api} initial={initial} notice={undefined} onToken={onToken} />);
  return { signIn, onToken, user: userEvent.setup() };
};

describe("SignInForm", () => {
  it("gets a token for what was entered", async () => {
    const { signIn, onToken, user } = setup(() => Promise.resolve("t"));
    await user.type(screen.getByRole("textbox", { name: "Name" }), " John Snow ");
    await user.type(screen.getByRole("textbox", { name: "Channel" }), "lobby{Enter}");
    const credentials = { name: "John Snow", email: "", channel: "lobby" };
    await waitFor(() => expect(onToken).toHaveBeenCalledWith("t", credentials));
    expect(signIn).toHaveBeenCalledWith(credentials);
  });

  it("says at the field what the server did not like", async () => {
    const { onToken, user } = setup(() => Promise.reject(new ApiError("invalid_channel", "Use letters.", 422)));
    await user.click(screen.getByRole("button", { name: "Join" }));
    expect(await screen.findByText("Use letters.")).toBeTruthy();
    expect(screen.getByRole("textbox", { name: "Channel" }).getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid")).not.toBe("true");
    expect(onToken).not.toHaveBeenCalled();
  });

  it("says above the button when the server cannot be reached, and knows who was here", async () => {
    const { user } = setup(() => Promise.reject(new ApiError("network", "", 0)), { name: "Ada", channel: "lobby" });
    expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Name" }).value).toBe("Ada");
    await user.click(screen.getByRole("button", { name: "Join" }));
    expect((await screen.findByRole("alert")).textContent).toContain("cannot be reached");
  });
});
