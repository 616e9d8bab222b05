import { Box, Flex, Heading } from "@chakra-ui/react";
import { StrictMode, useRef, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { Providers } from "@/app/providers";
import { MentionIndex } from "@/client/mentions";
import { MessageList } from "@/features/chat/message-list";
import { SELF, Stage } from "./stage";

declare global {
  interface Window {
    stage: Stage;
  }
}

const stage = new Stage();
window.stage = stage;

const mentionable = new MentionIndex([SELF]);
const { calls } = stage;
const on = {
  onLoadOlder: () => {
    calls.older++;
    stage.set({ older: "loading" });
  },
  onLoadNewer: () => {
    calls.newer++;
    stage.set({ newer: "loading" });
  },
  onSeen: (seq: number) => void calls.seen.push(seq),
  onReadingBack: (isReadingBack: boolean) => void calls.readingBack.push(isReadingBack),
  onToLatest: () => void calls.latest++,
  onTryAgain: (id: string) => stage.tryAgain(id),
  onDiscard: (id: string) => stage.set({ pending: stage.scene.pending.filter((item) => item.id !== id) }),
};

/** The list between what surrounds it on the real page: something above that grows, and a box for writing. */
function Page() {
  const scene = useSyncExternalStore(stage.subscribe, () => stage.scene);
  const box = useRef<HTMLTextAreaElement>(null);
  const onEscape = useRef(() => {
    calls.escape++;
    box.current?.focus();
  }).current;
  return (
    <Flex direction="column" h="100dvh">
      <Box as="header">
        <Heading>lobby</Heading>
      </Box>
      <Flex id="main" as="main" direction="column" flex="1" minH="0">
        <MessageList channel="lobby" self={SELF} mentionable={mentionable} onEscape={onEscape} {...scene} {...on} />
        <textarea ref={box} aria-label="Message" rows={1} />
      </Flex>
    </Flex>
  );
}

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
const page = <Page />;
createRoot(root).render(<Providers>{location.hash === "#strict" ? <StrictMode>{page}</StrictMode> : page}</Providers>);
