import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "@/client/chat";
import { browserStore } from "@/client/store";
import { parseAddress } from "@/shared/address";
import { loadLastChannel } from "@/shared/storage";
import { followViewport } from "@/shared/viewport";
import { App } from "./app";
import { preload } from "./lazy-parts";
import { Providers } from "./providers";

followViewport();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");

const chat = new Chat({
  origin: location.origin,
  store: browserStore(() => localStorage),
  pageStore: browserStore(() => sessionStorage),
  first: parseAddress(location)?.channel ?? loadLastChannel(),
});

createRoot(root).render(
  <StrictMode>
    <Providers>
      <App chat={chat} />
    </Providers>
  </StrictMode>,
);

const whenIdle = window.requestIdleCallback ?? ((task: () => void) => setTimeout(task, 2_000)); // Safari has none
whenIdle(preload);
