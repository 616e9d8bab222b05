import { Box, Flex, Heading, IconButton } from "@chakra-ui/react";
import type { Channel } from "@/client/channel";
import { Icon } from "@/shared/icon";
import { texts } from "@/shared/texts";
import { ChannelItem } from "./channel-item";
import { NewChannel } from "./new-channel";
import type { OpenChannel } from "./new-channel-form";

const words = texts.channels;

export type ChannelListProps = {
  /** In the order in which they were opened. */
  readonly channels: readonly Channel[];
  readonly active: string | undefined;
  readonly onLeave: (name: string) => void;
  readonly onOpen: OpenChannel;
  readonly onSwitch: () => void;
};

/** The open channels, and a field for one more. */
export function ChannelList({ channels, active, onLeave, onOpen, onSwitch }: ChannelListProps) {
  return (
    <Flex as="nav" aria-label={words.title} direction="column" flex="1" minH="0">
      <Flex align="center" gap="1" ps="5" pe={{ base: "12", md: "3" }} h="14" flexShrink={0}>
        <Heading as="h2" size="sm" flex="1">
          {words.title}
        </Heading>
        <IconButton
          size="xs"
          variant="ghost"
          colorPalette="gray"
          aria-label={words.switch}
          title={words.switch}
          aria-keyshortcuts="Control+K Meta+K"
          onClick={onSwitch}
        >
          <Icon name="search" />
        </IconButton>
      </Flex>
      <Box flex="1" minH="0" overflowY="auto" px="3" pb="3">
        <Flex as="ul" aria-label={words.title} listStyleType="none" direction="column" gap="0.5">
          {channels.map((channel) => (
            <ChannelItem key={channel.name} channel={channel} isActive={channel.name === active} onLeave={onLeave} />
          ))}
        </Flex>
        <NewChannel onOpen={onOpen} />
      </Box>
    </Flex>
  );
}
