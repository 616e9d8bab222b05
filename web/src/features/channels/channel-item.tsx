import { Box, chakra, Flex, IconButton, Text } from "@chakra-ui/react";
import { useRef, useState } from "react";
import type { Channel } from "@/client/channel";
import type { ConnectionState } from "@/client/connection-state";
import { channelPath } from "@/shared/address";
import { handsFocusOn } from "@/shared/focus";
import { Icon } from "@/shared/icon";
import { loadDraft } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { useStore } from "@/shared/use-store";
import { LeaveQuestion } from "./leave-question";
import { unreadBadge } from "./unread-badge";

const words = texts.channels;

export type ChannelItemProps = {
  readonly channel: Channel;
  readonly isActive: boolean;
  readonly onLeave: (name: string) => void;
};

/** One open channel: where it is, what is unread in it, whether it is connected. */
export function ChannelItem({ channel, isActive, onLeave }: ChannelItemProps) {
  const unread = useStore(channel, (state) => state.unread);
  const isTroubled = useStore(channel, ({ connection }) => isTrouble(connection));
  const badge = unreadBadge(unread);
  const cross = useRef<HTMLButtonElement>(null);
  const [isAsking, setAsking] = useState(false);
  const leave = (): void => (hasUnsent(channel) ? setAsking(true) : onLeave(channel.name));
  const stay = (): void => {
    setAsking(false);
    cross.current?.focus();
  };
  return (
    <Box as="li" ref={handsFocusOn}>
      <Flex
        className="group"
        align="center"
        rounded="md"
        bg={isActive ? "colorPalette.subtle" : undefined}
        _hover={{ bg: isActive ? "colorPalette.subtle" : "bg.muted" }}
      >
        <Flex
          asChild
          flex="1"
          minW="0"
          align="center"
          gap="2"
          ps="3"
          pe="1"
          minH="9"
          rounded="md"
          focusVisibleRing="inside"
          fontWeight={badge === "" ? undefined : "bold"}
          color={isActive ? "colorPalette.fg" : undefined}
        >
          <a href={channelPath(channel.name)} aria-current={isActive ? "page" : undefined}>
            <Text as="span" truncate flex="1" minW="0">
              #<bdi>{channel.name}</bdi>
            </Text>
            {isTroubled && <Trouble />}
            {badge !== "" && <Unread badge={badge} mentioned={unread.mentioned} />}
          </a>
        </Flex>
        <IconButton
          ref={cross}
          size="2xs"
          variant="ghost"
          colorPalette="gray"
          me="1.5"
          aria-label={words.leave(channel.name)}
          title={words.leave(channel.name)}
          css={isActive ? undefined : UNSEEN}
          onClick={leave}
        >
          <Icon name="close" />
        </IconButton>
      </Flex>
      {isAsking && <LeaveQuestion channel={channel.name} onLeave={() => onLeave(channel.name)} onStay={stay} />}
    </Box>
  );
}

/** In a column, the crosses show one by one where something can hover; a finger never finds what it does not see. */
const UNSEEN = {
  "@media (hover: hover) and (min-width: 48rem)": {
    ".group:not(:hover) &:not(:focus-visible)": { opacity: "0" },
  },
};

/** Whether something would be lost: what waits to be sent, or is being written. */
function hasUnsent(channel: Channel): boolean {
  return channel.state().pending.length > 0 || loadDraft(channel.owner).trim() !== "";
}

/** A first try is none, and one more after a loss still is. */
function isTrouble(connection: ConnectionState): boolean {
  return connection.kind === "connecting" ? connection.attempt > 0 : connection.kind !== "open";
}

function Unread({ badge, mentioned }: { readonly badge: string; readonly mentioned: boolean }) {
  return (
    <Box
      colorPalette={mentioned ? "red" : "gray"}
      bg="colorPalette.solid"
      color="colorPalette.contrast"
      rounded="full"
      px="1.5"
      minW="5"
      textAlign="center"
      textStyle="xs"
      fontWeight="semibold"
      fontVariantNumeric="tabular-nums"
      flexShrink={0}
    >
      <span aria-hidden>{mentioned ? `@ ${badge}` : badge}</span>
      <Quiet>
        {words.unread(badge)}
        {mentioned && `, ${words.mentioned}`}
      </Quiet>
    </Box>
  );
}

function Trouble() {
  return (
    <Text as="span" color="fg.warning" display="inline-flex" flexShrink={0} title={words.trouble}>
      <Icon name="warning" />
      <Quiet>{words.trouble}</Quiet>
    </Text>
  );
}

/** Read out, and not seen. */
const Quiet = chakra("span", { base: { srOnly: true } });
