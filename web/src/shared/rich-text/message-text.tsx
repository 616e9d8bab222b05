import { Box } from "@chakra-ui/react";
import { memo, useMemo } from "react";
import type { MentionIndex } from "@/client/mentions";
import { Fold, isLong, LINE_EM } from "./fold";
import { MarkdownPart } from "./markdown-part";
import { MentioningContext, MentionText } from "./mention-text";
import { needsMarkdown } from "./needs-markdown";
import { Paragraph } from "./paragraph";

export type MessageTextProps = {
  readonly text: string;
  /** Those whose mentions are marked. */
  readonly mentionable: MentionIndex;
  /** The reader, whose own mentions stand out. */
  readonly selfId: string;
  /** Names the message, so that it stays folded or unfolded as its row goes and comes back. */
  readonly foldKey?: string;
};

/**
 * The text of a message: a block, which nothing that a person typed can leave, be it markup, a direction
 * or a tower of marks. Plain texts are shown at once, the others are plain until the Markdown part is loaded.
 */
export const MessageText = memo(function MessageText({ text, mentionable, selfId, foldKey }: MessageTextProps) {
  const typed = useMemo(() => text.replace(/\r\n?/g, "\n"), [text]);
  const mentioning = useMemo(() => ({ mentionable, selfId }), [mentionable, selfId]);
  const plain = (
    <Paragraph>
      <MentionText>{typed}</MentionText>
    </Paragraph>
  );
  const shown = needsMarkdown(typed) ? <MarkdownPart text={typed} plain={plain} /> : plain;
  return (
    <MentioningContext value={mentioning}>
      <Box
        dir="auto"
        unicodeBidi="isolate"
        lineHeight={LINE_EM}
        overflowWrap="anywhere"
        overflow="clip"
        overflowClipMargin="2px" // for the outline of what has the focus
      >
        {isLong(typed) ? <Fold foldKey={foldKey}>{shown}</Fold> : shown}
      </Box>
    </MentioningContext>
  );
});
