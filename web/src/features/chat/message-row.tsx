import { Box, Flex, Text } from "@chakra-ui/react";
import { memo, type ReactNode, useMemo } from "react";
import type { User } from "@/client/frames";
import { type MentionIndex, mentions } from "@/client/mentions";
import { channelPath } from "@/shared/address";
import { Avatar } from "@/shared/avatar";
import { MessageText } from "@/shared/rich-text/message-text";
import { texts } from "@/shared/texts";
import { clockTime, fullTime } from "@/shared/time";

const words = texts.chat;

export type MessageRowProps = {
  readonly user: User;
  readonly self: User;
  readonly channel: string;
  /** Where it stands in the log, if it does. */
  readonly seq?: number;
  readonly foldKey: string;
  readonly at: number;
  readonly text: string;
  readonly mentionable: MentionIndex;
  /** Whether it stands under the author's name, or under the message above. */
  readonly begins: boolean;
  /** Whether it is on its way to the log. */
  readonly isSending?: boolean;
  /** Whether somebody was led here. */
  readonly isTarget?: boolean;
  readonly children?: ReactNode;
};

/** One message. It takes the focus from the arrow keys, and is no stop of its own. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { user, self, channel, seq, at, text, mentionable, begins, isTarget, children } = props;
  const isOwn = user.id === self.id;
  const isForMe = useMemo(() => !isOwn && mentions(text, self, mentionable), [isOwn, text, self, mentionable]);
  const time = (
    <Time at={new Date(at)} href={seq === undefined ? undefined : channelPath(channel, seq)} quiet={!begins} />
  );
  return (
    <Flex
      as="article"
      aria-label={isForMe ? `${words.messageBy(user.name)}, ${words.mentionsYou}` : words.messageBy(user.name)}
      tabIndex={-1}
      data-mention={isForMe || undefined}
      data-target={isTarget || undefined}
      gap="3"
      px={{ base: "4", md: "6" }}
      pt={begins ? "3" : "0.5"}
      pb="0.5"
      className="group"
      focusRing="inside"
      borderInlineStartWidth="3px"
      borderColor={isForMe ? "teal.solid" : "transparent"}
      bg={isTarget ? "yellow.subtle" : isForMe ? "teal.subtle" : undefined}
      transition="background-color 0.4s"
      _hover={isTarget || isForMe ? {} : { bg: "bg.subtle" }}
    >
      <Box w="9" flexShrink={0}>
        {begins ? (
          <Avatar user={user} />
        ) : (
          <Flex h="6" align="center" justify="flex-end">
            {time}
          </Flex>
        )}
      </Box>
      <Box flex="1" minW="0">
        {begins && (
          <Flex align="baseline" gap="2" minW="0">
            <Author name={user.name} isOwn={isOwn} />
            {time}
          </Flex>
        )}
        <Body {...props} />
        {children}
      </Box>
    </Flex>
  );
});

function Author({ name, isOwn }: { readonly name: string; readonly isOwn: boolean }) {
  return (
    <>
      <Text as="bdi" fontWeight="semibold" truncate color={isOwn ? "teal.fg" : "fg"}>
        {name}
      </Text>
      {isOwn && (
        <Text as="span" textStyle="xs" color="fg.muted" flexShrink={0}>
          {words.you}
        </Text>
      )}
    </>
  );
}

function Body({ text, mentionable, self, foldKey, isSending = false }: MessageRowProps) {
  return (
    <>
      <Box color={isSending ? "fg.muted" : undefined}>
        <MessageText text={text} mentionable={mentionable} selfId={self.id} foldKey={foldKey} />
      </Box>
      {isSending && (
        <Text textStyle="xs" color="fg.muted">
          {words.sending}
        </Text>
      )}
    </>
  );
}

type TimeProps = { readonly at: Date; readonly href: string | undefined; readonly quiet: boolean };

/** The time, which is the message's address. A quiet one shows when one points at the message or has it in focus. */
function Time({ at, href, quiet }: TimeProps) {
  const full = fullTime(at);
  const time = (
    <time dateTime={Number.isNaN(at.getTime()) ? undefined : at.toISOString()} title={full}>
      {clockTime(at)}
    </time>
  );
  return (
    <Box
      asChild
      textStyle={quiet ? "2xs" : "xs"}
      color="fg.muted"
      flexShrink={0}
      whiteSpace="nowrap"
      fontVariantNumeric="tabular-nums"
      opacity={quiet ? "0" : undefined}
      _groupHover={{ opacity: "1" }}
      _groupFocus={{ opacity: "1" }}
      _hover={{ textDecoration: href === undefined ? undefined : "underline" }}
    >
      {href === undefined ? (
        <span>{time}</span>
      ) : (
        <a href={href} tabIndex={-1} aria-label={words.linkTo(clockTime(at), full)} data-permalink>
          {time}
        </a>
      )}
    </Box>
  );
}
