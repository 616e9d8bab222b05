// @vitest-environment happy-dom
import { ChakraProvider } from "@chakra-ui/react";
import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { MentionIndex } from "@/client/mentions";
import "@/shared/testing";
import { system } from "@/shared/theme";
import { EMPTY_TIMELINE, extend, type Timeline } from "./timeline";
import { renderRow } from "./timeline-row";
import { ADA, BOB, CY, messageAt, NOTHING, pendingAs } from "./timeline-testing";

const shared = { channel: "lobby", self: ADA, onTryAgain: vi.fn(), onDiscard: vi.fn() };

/** One message alone, which is in the log or waits. */
function timelineOf(kind: "message" | "pending", text: string): Timeline {
  const messages = kind === "message" ? [{ ...messageAt(1, "01T12:00"), text }] : [];
  const pending = kind === "pending" ? [{ ...pendingAs("a"), text }] : [];
  return extend(EMPTY_TIMELINE, { ...NOTHING, messages, pending });
}

describe("renderRow", () => {
  it.each<[name: string, timeline: Timeline, isAnew: boolean]>([
    ["leaves alone a message that mentions nobody", timelineOf("message", "hey"), false],
    ["and one that waits", timelineOf("pending", "hey"), false],
    ["shows anew a message that may mention somebody", timelineOf("message", "hey @Cy"), true],
  ])("%s, when others can be mentioned", (_, timeline, isAnew) => {
    const rowWith = (mentionable: MentionIndex) => {
      const around = { timeline, newFrom: undefined, standsOut: undefined, shared: { ...shared, mentionable } };
      return <ChakraProvider value={system}>{renderRow(timeline.first, undefined, around)}</ChakraProvider>;
    };
    const find = vi.spyOn(MentionIndex.prototype, "find");
    const { rerender } = render(rowWith(new MentionIndex([ADA, BOB])));
    expect(find).toHaveBeenCalled();
    find.mockClear();
    rerender(rowWith(new MentionIndex([ADA, BOB, CY])));
    expect(find.mock.calls.length > 0).toBe(isAnew);
    if (isAnew) expect(screen.getByText("@Cy").tagName).toBe("MARK");
  });
});
