import { Box, Flex, IconButton } from "@chakra-ui/react";
import { type ReactNode, useEffect, useRef } from "react";
import { focusChannel } from "@/shared/focus";
import { Icon } from "@/shared/icon";
import { texts } from "@/shared/texts";
import { useEscape } from "@/shared/use-escape";
import { visits } from "@/shared/visit";

export type PanelProps = {
  readonly title: string;
  /** The side of the page that it comes from. */
  readonly side: "start" | "end";
  readonly children: ReactNode;
};

/** Opens over a narrow page, which is out of reach for as long. Escape, *back* and a tap beside it close it. */
export function Panel({ title, side, children }: PanelProps) {
  const box = useRef<HTMLDivElement>(null);
  const openedBy = useRef<HTMLElement>(undefined);
  useEscape(true, visits.closePanel);
  useEffect(() => {
    const opener = document.activeElement;
    if (opener instanceof HTMLElement && !box.current?.contains(opener)) openedBy.current = opener;
    box.current?.focus();
    return () => {
      if (openedBy.current?.isConnected) openedBy.current.focus();
      focusChannel();
    };
  }, []);
  return (
    <Box position="fixed" insetX="0" top="0" h="var(--visible-height, 100dvh)" zIndex="overlay">
      <Box position="absolute" inset="0" bg="blackAlpha.600" aria-hidden onClick={visits.closePanel} />
      <Flex
        ref={box}
        role="dialog"
        aria-modal
        aria-label={title}
        tabIndex={-1}
        direction="column"
        position="absolute"
        insetY="0"
        pt="env(safe-area-inset-top)"
        pb="env(safe-area-inset-bottom)"
        insetStart={side === "start" ? "0" : undefined}
        insetEnd={side === "end" ? "0" : undefined}
        w="80"
        maxW="85vw"
        bg="bg.subtle"
        shadow="lg"
        outline="none"
      >
        <IconButton
          size="sm"
          variant="ghost"
          colorPalette="gray"
          position="absolute"
          top="calc({spacing.2} + env(safe-area-inset-top))"
          insetEnd="2"
          zIndex="1"
          aria-label={texts.channels.close}
          onClick={visits.closePanel}
        >
          <Icon name="close" />
        </IconButton>
        {children}
      </Flex>
    </Box>
  );
}
