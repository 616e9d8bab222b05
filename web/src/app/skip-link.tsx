import { Button } from "@chakra-ui/react";
import { texts } from "@/shared/texts";

/** The first that Tab comes to: it leads past the channels to where one writes. */
export function SkipLink({ isCovered }: { readonly isCovered: boolean }) {
  return (
    <Button
      inert={isCovered}
      size="sm"
      position="absolute"
      top="2"
      insetStart="2"
      zIndex="skipNav"
      opacity="0"
      pointerEvents="none"
      _focusVisible={{ opacity: "1", pointerEvents: "auto" }}
      onClick={() => document.querySelector<HTMLTextAreaElement>("main textarea")?.focus()}
    >
      {texts.channels.skip}
    </Button>
  );
}
