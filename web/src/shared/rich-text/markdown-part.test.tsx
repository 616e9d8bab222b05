// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { renderOnPage } from "@/shared/testing";
import { MarkdownPart, preloadMarkdown } from "./markdown-part";

const network = vi.hoisted(() => ({ isUp: false }));

vi.mock("./markdown-text", () => ({
  get MarkdownText() {
    if (!network.isUp) throw new TypeError("Failed to fetch dynamically imported module");
    return ({ text }: { readonly text: string }) => <strong>{text}</strong>;
  },
}));

it("stays plain where the part cannot be loaded, and asks again later", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const plain = <i>plain</i>;
  const page = renderOnPage(<MarkdownPart text="rich" plain={plain} />);
  expect(screen.getByText("plain")).toBeDefined();
  await vi.waitFor(() => expect(errors).toHaveBeenCalled());
  expect(screen.getByText("plain")).toBeDefined();

  network.isUp = true;
  page.rerender(<MarkdownPart key="soon" text="rich" plain={plain} />);
  expect(screen.getByText("plain")).toBeDefined(); // too soon
  vi.setSystemTime(Date.now() + 60_000);
  page.rerender(<MarkdownPart key="later" text="rich" plain={plain} />);
  expect((await screen.findByText("rich")).tagName).toBe("STRONG");
});

it("is there at once when it was loaded before", async () => {
  network.isUp = true;
  await preloadMarkdown();
  renderOnPage(<MarkdownPart text="rich" plain="plain" />);
  expect(screen.getByText("rich").tagName).toBe("STRONG");
});
