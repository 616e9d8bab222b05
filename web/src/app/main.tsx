import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiClient } from "@/client/api";
import { App } from "./app";
import { Providers } from "./providers";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");

createRoot(root).render(
  <StrictMode>
    <Providers>
      <App api={new ApiClient()} />
    </Providers>
  </StrictMode>,
);
