// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderOnPage } from "@/shared/testing";
import { PeopleList } from "./people-list";

const EVE = { id: "e", name: "Eve\u202e" };
const ADA = { id: "a", name: "Ada" };

it("isolates the names of those who are here, by name, and says who one is", () => {
  renderOnPage(<PeopleList title="People" people={[EVE, ADA]} total={2} self={EVE} />);
  const people = within(screen.getByRole("list", { name: "People" }));
  expect(people.getByText(EVE.name).tagName).toBe("BDI");
  expect(people.getByText("you").closest("bdi")).toBeNull();
  expect(people.getAllByRole("listitem").map((item) => item.querySelector("bdi")?.textContent)).toEqual([
    "Ada",
    EVE.name,
  ]);
});

it("counts those whom it does not name", () => {
  renderOnPage(<PeopleList title="People" people={[ADA]} total={4321} self={ADA} />);
  expect(screen.getByText("and 4320 more")).toBeTruthy();
  expect(screen.getByRole("heading", { name: "People 4321" })).toBeTruthy();
});
