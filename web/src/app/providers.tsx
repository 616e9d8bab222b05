import { ChakraProvider } from "@chakra-ui/react";
import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import { type ReactNode, useState } from "react";
import { system } from "@/shared/theme";
import { Crash } from "./crash";
import { ErrorBoundary } from "./error-boundary";

/** The content security policy lets only styles in that carry the nonce which the server put in the page. */
function createStyleCache() {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
  return createCache({ key: "css", ...(nonce && { nonce }) });
}

export function Providers({ children }: { readonly children: ReactNode }) {
  const [styles] = useState(createStyleCache);
  return (
    <CacheProvider value={styles}>
      <ChakraProvider value={system}>
        <ErrorBoundary fallback={<Crash />}>{children}</ErrorBoundary>
      </ChakraProvider>
    </CacheProvider>
  );
}
