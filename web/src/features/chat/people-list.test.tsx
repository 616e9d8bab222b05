// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { peopleAt } from "@/client/people";
import { renderOnPage } from "@/shared/testing";
import { MessageRow } from "./message-row";
import { PeopleList } from "./people-list";

const EVE = { id: "e", name: "Eve\u202e" };

it("isolates the names of those who are here", () => {
  renderOnPage(<PeopleList id="people" people={peopleAt(1, [{ ...EVE, sessions: ["s"] }])} self={EVE} />);
  const people = within(screen.getByRole("list", { name: "People" }));
  expect(people.getByText(EVE.name).tagName).toBe("BDI");
  expect(people.getByText("you").closest("bdi")).toBeNull();
});

it("isolates the name above a message", () => {
  renderOnPage(<MessageRow user={EVE} isOwn={false} at={0} text="hey" begins />);
  const message = within(screen.getByRole("article", { name: `Message by ${EVE.name}` }));
  expect(message.getByText(EVE.name).tagName).toBe("BDI");
});
