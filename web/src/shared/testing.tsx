import { ChakraProvider } from "@chakra-ui/react";
import { cleanup, type RenderResult, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach } from "vitest";
import { system } from "./theme";

afterEach(cleanup);

/** What a component finds around it on the page. */
export function Page({ children }: { readonly children: ReactNode }) {
  return <ChakraProvider value={system}>{children}</ChakraProvider>;
}

/** Renders a component with what it finds around it on the page. */
export function renderOnPage(component: ReactNode): RenderResult {
  return render(component, { wrapper: Page });
}
