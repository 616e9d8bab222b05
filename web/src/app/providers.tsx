import { ChakraProvider } from "@chakra-ui/react";
import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { system } from "@/shared/theme";
import { ErrorBoundary } from "./error-boundary";

/** The content security policy lets only styles in that carry the nonce which the server put in the page. */
function createStyleCache() {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
  return createCache({ key: "css", ...(nonce && { nonce }) });
}

export function Providers({ children }: { readonly children: ReactNode }) {
  const [styles] = useState(createStyleCache);
  const [client] = useState(() => new QueryClient());
  return (
    <CacheProvider value={styles}>
      <ChakraProvider value={system}>
        <ErrorBoundary>
          <QueryClientProvider client={client}>{children}</QueryClientProvider>
        </ErrorBoundary>
      </ChakraProvider>
    </CacheProvider>
  );
}
