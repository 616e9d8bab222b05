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
  /** Whether it is on its way to the log. */
  readonly isSending?: boolean;
  readonly children?: ReactNode;
};

/** One message. Its text is text: whatever a person typed, nothing of it is markup. */
export const MessageRow = memo(function MessageRow({
  user,
  isOwn,
  at,
  text,
  begins,
  isSending,
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
        {begins ? (
          <Avatar user={user} />
        ) : (
          <Flex h="6" align="center" justify="flex-end">
            <Time at={time} quiet />
          </Flex>
        )}
      </Box>
      <Box flex="1" minW="0">
        {begins && (
          <Flex align="baseline" gap="2" minW="0">
            <Text as="bdi" fontWeight="semibold" truncate color={isOwn ? "teal.fg" : "fg"}>
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
        <Text whiteSpace="pre-wrap" overflowWrap="anywhere" dir="auto" overflow="hidden">
          <Text as="span" unicodeBidi="isolate" color={isSending ? "fg.muted" : undefined}>
            {text}
          </Text>
          {isSending && (
            <Text as="span" textStyle="xs" color="fg.muted" ms="2">
              {words.sending}
            </Text>
          )}
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
      opacity={quiet ? "0" : undefined}
      _groupHover={{ opacity: "1" }}
    >
      <time dateTime={Number.isNaN(at.getTime()) ? undefined : at.toISOString()} title={fullTime(at)}>
        {clockTime(at)}
      </time>
    </Text>
  );
}
