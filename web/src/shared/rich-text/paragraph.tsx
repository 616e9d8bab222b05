import { Text, type TextProps } from "@chakra-ui/react";

/**
 * Lines as they were typed. Each takes its direction from its own letters, and what a text does to
 * directions ends with the paragraph, which is a block; an inline isolate could be closed by the text (U+2069).
 */
export function Paragraph(props: TextProps) {
  return <Text as="p" whiteSpace="pre-wrap" unicodeBidi="plaintext" {...props} />;
}
