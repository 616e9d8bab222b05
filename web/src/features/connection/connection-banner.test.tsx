// @vitest-environment happy-dom
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ConnectionState, nextConnectionState } from "@/client/connection-state";
import { Page, renderOnPage } from "@/shared/testing";
import { ConnectionBanner } from "./connection-banner";

const show = (state: ConnectionState) => {
  const onConnectNow = vi.fn();
  renderOnPage(<ConnectionBanner state={state} onConnectNow={onConnectNow} />);
  return { onConnectNow, status: screen.getByRole("status", { name: "Connection" }), user: userEvent.setup() };
};

afterEach(() => void vi.useRealTimers());

describe("ConnectionBanner", () => {
  it("says nothing while all is well", () => {
    expect(show({ kind: "open", attempt: 0, since: 0 }).status.textContent).toBe("");
  });

  it("counts the seconds to the next try, and lets a person not wait", async () => {
    vi.useFakeTimers({ toFake: ["Date"] }); // however slow the machine is
    const { status, onConnectNow, user } = show({ kind: "waiting", attempt: 3, until: Date.now() + 4_900 });
    expect(status.textContent).toContain("Connection lost.");
    expect(status.textContent).toContain("Trying again in 5 s");
    await user.click(screen.getByRole("button", { name: "Now" }));
    expect(onConnectNow).toHaveBeenCalledOnce();
  });

  it("keeps the button while it tries, and whoever is on it with the keys", async () => {
    const state: ConnectionState = { kind: "waiting", attempt: 3, until: Date.now() + 60_000 };
    const { rerender } = render(<ConnectionBanner state={state} onConnectNow={() => {}} />, { wrapper: Page });
    const button = screen.getByRole("button", { name: "Now" });
    button.focus();
    rerender(<ConnectionBanner state={{ kind: "connecting", attempt: 3 }} onConnectNow={() => {}} />);
    expect(document.activeElement).toBe(button);
    expect(button.getAttribute("aria-disabled")).toBe("true");
  });

  it.each<[ConnectionState, string]>([
    [{ kind: "connecting", attempt: 0 }, "Connecting…"],
    [{ kind: "connecting", attempt: 2 }, "Reconnecting…"],
    [{ kind: "halted" }, "because of what this page sent"],
    [{ kind: "ended", attempt: 0 }, "signed out"],
  ])("tells of %j", (state, want) => {
    expect(show(state).status.textContent).toContain(want);
  });
});

describe("nextConnectionState", () => {
  const open: ConnectionState = { kind: "open", attempt: 4, since: 0 };
  const lost = { kind: "reconnect", atLeastMs: 0 } as const;

  it.each<[name: string, state: ConnectionState, now: number, attempt: number]>([
    ["a first loss", { kind: "connecting", attempt: 0 }, 0, 1],
    ["a loss after a good while begins anew", open, 60_000, 1],
    ["a loss soon after goes on counting", open, 1_000, 5],
  ])("%s", (_, state, now, attempt) => {
    expect(nextConnectionState(state, { kind: "closed", after: lost, now })).toMatchObject({
      kind: "waiting",
      attempt,
    });
  });

  it("stays away as long as it is told", () => {
    const after = { kind: "reconnect", atLeastMs: 5_000 } as const;
    const state = nextConnectionState(open, { kind: "closed", after, now: 100 });
    expect(state.kind === "waiting" && state.until).toBeGreaterThanOrEqual(5_100);
  });

  it("does not loop where it was at fault, until a person says so", () => {
    const halted = nextConnectionState(open, { kind: "closed", after: { kind: "halt" }, now: 1 });
    expect(halted).toEqual({ kind: "halted" });
    expect(nextConnectionState(halted, { kind: "connect" })).toEqual({ kind: "connecting", attempt: 0 });
  });

  it("waits for a fresh token, and goes on at once where it had gone well", () => {
    const ended = nextConnectionState(open, { kind: "closed", after: { kind: "renew" }, now: 3_600_000 });
    expect(nextConnectionState(ended, { kind: "connect" })).toBe(ended);
    expect(nextConnectionState(ended, { kind: "renewed", now: 0 })).toMatchObject({ kind: "connecting" });
  });

  it("does not go on at once with token after token that ends", () => {
    const ended = nextConnectionState(open, { kind: "closed", after: { kind: "renew" }, now: 1 });
    expect(nextConnectionState(ended, { kind: "renewed", now: 1 })).toMatchObject({ kind: "waiting" });
  });

  it("takes no second loss of a connection that is lost", () => {
    const waiting = nextConnectionState(open, { kind: "closed", after: lost, now: 1 });
    expect(nextConnectionState(waiting, { kind: "closed", after: lost, now: 2 })).toBe(waiting);
  });
});
