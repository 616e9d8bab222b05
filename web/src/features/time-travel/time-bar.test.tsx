// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { renderOnPage } from "@/shared/testing";
import { TimeBar } from "./time-bar";

const at = (text: string): number => new Date(text).getTime();

const setup = () => {
  const onMoment = vi.fn();
  renderOnPage(
    <TimeBar from={at("2026-01-01T00:00:00")} to={at("2026-06-01T00:00:00")} onMoment={onMoment} onBack={() => {}} />,
  );
  return { onMoment, field: screen.getByLabelText<HTMLInputElement>("Date and time") };
};

it("lets a year be typed digit by digit", async () => {
  const { field, onMoment } = setup();
  for (const year of ["0002", "0020", "0202", "2026"]) {
    const value = `${year}-03-04T05:06:07`;
    fireEvent.change(field, { target: { value } });
    expect(field.value).toBe(value);
  }
  await waitFor(() => expect(onMoment).toHaveBeenLastCalledWith(at("2026-03-04T05:06:07")));
});

it("takes the nearest moment for one that is off the scale, when one is done with it", async () => {
  const { field, onMoment } = setup();
  fireEvent.change(field, { target: { value: "1999-03-04T05:06:07" } });
  fireEvent.keyDown(field, { key: "Enter" });
  expect(field.value).toMatch(/^2026-01-01T00:00/);
  await waitFor(() => expect(onMoment).toHaveBeenLastCalledWith(at("2026-01-01T00:00:00")));
});

it("shows the moment of before again where nothing whole was typed", () => {
  const { field } = setup();
  fireEvent.change(field, { target: { value: "" } });
  fireEvent.blur(field);
  expect(field.value).toMatch(/^2026-06-01T00:00/);
});
