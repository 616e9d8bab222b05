import { ChakraProvider } from "@chakra-ui/react";
import { cleanup, type RenderResult, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach } from "vitest";
import { system } from "./theme";

afterEach(cleanup);

/** Renders a component with what it finds around it on the page. */
export function renderOnPage(component: ReactNode): RenderResult {
  return render(<ChakraProvider value={system}>{component}</ChakraProvider>);
}
