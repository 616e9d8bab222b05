import { Box, Flex, Text } from "@chakra-ui/react";
import { memo, type ReactNode } from "react";
import type { User } from "@/client/frames";
import { Avatar } from "@/shared/avatar";
import { texts } from "@/shared/texts";
import { clockTime, fullTime } from "@/shared/time";

const words = texts.chat;

export type MessageRowProps = {
  readonly user: User;
  readonly isOwn: boolean;
  readonly at: number;
  readonly text: string;
  /** Whether it stands under the author's name, or under the message above. */
  readonly begins: boolean;
  readonly faint?: boolean;
  readonly children?: ReactNode;
};

/** One message. Its text is text: whatever a person typed, nothing of it is markup. */
export const MessageRow = memo(function MessageRow({
  user,
  isOwn,
  at,
  text,
  begins,
  faint,
  children,
}: MessageRowProps) {
  const time = new Date(at);
  return (
    <Flex
      as="article"
      aria-label={words.messageBy(user.name)}
      gap="3"
      px={{ base: "4", md: "6" }}
      pt={begins ? "3" : "0.5"}
      pb="0.5"
      className="group"
      _hover={{ bg: "bg.subtle" }}
    >
      <Box w="9" flexShrink={0}>
        {begins ? <Avatar user={user} /> : <Time at={time} quiet />}
      </Box>
      <Box flex="1" minW="0" opacity={faint ? "0.6" : undefined}>
        {begins && (
          <Flex align="baseline" gap="2" minW="0">
            <Text as="span" fontWeight="semibold" truncate dir="auto" color={isOwn ? "teal.fg" : "fg"}>
              {user.name}
            </Text>
            {isOwn && (
              <Text as="span" textStyle="xs" color="fg.muted" flexShrink={0}>
                {words.you}
              </Text>
            )}
            <Time at={time} />
          </Flex>
        )}
        <Text whiteSpace="pre-wrap" overflowWrap="anywhere" dir="auto" maxH="none" overflow="hidden">
          {text}
        </Text>
        {children}
      </Box>
    </Flex>
  );
});

/** A quiet one shows when one points at the message. */
function Time({ at, quiet = false }: { readonly at: Date; readonly quiet?: boolean }) {
  return (
    <Text
      asChild
      textStyle={quiet ? "2xs" : "xs"}
      color="fg.muted"
      flexShrink={0}
      whiteSpace="nowrap"
      fontVariantNumeric="tabular-nums"
      lineHeight={quiet ? "6" : undefined}
      opacity={quiet ? "0" : undefined}
      _groupHover={{ opacity: "1" }}
    >
      <time dateTime={Number.isNaN(at.getTime()) ? undefined : at.toISOString()} title={fullTime(at)}>
        {clockTime(at)}
      </time>
    </Text>
  );
}
