import { Box, Button, Flex } from "@chakra-ui/react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { texts } from "@/shared/texts";

const words = texts.text;

/** So long, in milliseconds, the button says what came of it. */
const SAID_MS = 2_000;

export type CodeBlockProps = {
  readonly code: string;
  /** What stands behind the opening fence, mostly a language. */
  readonly info: string;
};

/** A block of code, which scrolls by itself and can be copied. */
export function CodeBlock({ code, info }: CodeBlockProps) {
  const block = useRef<HTMLPreElement>(null);
  const { said, copy } = useCopy(code, block);
  return (
    <Box position="relative" my="1" rounded="md" borderWidth="1px" bg="bg.muted">
      <Flex align="center" gap="2" ps="3" pe="1" pt="1" textStyle="xs" color="fg.muted">
        <Box as="bdi" flex="1" minW="0" truncate>
          {info}
        </Box>
        <Button size="2xs" variant="ghost" onClick={copy}>
          <span aria-live="polite">{words[said]}</span>
        </Button>
      </Flex>
      <Box
        as="pre"
        ref={block}
        dir="ltr"
        role="group"
        aria-label={words.code}
        tabIndex={0} // scrolls by the arrow keys
        overflowX="auto"
        overflowY="hidden"
        px="3"
        pb="2"
        fontFamily="mono"
        fontSize="sm"
        whiteSpace="pre"
        tabSize="4"
      >
        <code>{code}</code>
      </Box>
    </Box>
  );
}

type Said = "copy" | "copied" | "selected";

function useCopy(code: string, block: RefObject<HTMLElement | null>) {
  const [said, setSaid] = useState<Said>("copy");
  useEffect(() => {
    if (said === "copy") return;
    const timer = setTimeout(() => setSaid("copy"), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code);
      setSaid("copied");
    } catch {
      // Not allowed, or no such thing on a page without TLS: the reader's own keys are.
      if (block.current) getSelection()?.selectAllChildren(block.current);
      setSaid("selected");
    }
  };
  return { said, copy };
}
