import { Box, Flex } from "@chakra-ui/react";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Chat } from "@/client/chat";
import type { User } from "@/client/frames";
import type { Target } from "@/features/chat/use-jump";
import { useNotifications } from "@/features/notifications/use-notifications";
import { channelPath, parseAddress } from "@/shared/address";
import { forgetDrafts } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { NARROW, useMedia } from "@/shared/use-media";
import { useStore } from "@/shared/use-store";
import { type Visit, visits } from "@/shared/visit";
import { ChannelsButton } from "./channel-header";
import { ChannelScreen } from "./channel-screen";
import { PartCrash } from "./crash";
import { ErrorBoundary } from "./error-boundary";
import { NoChannel } from "./no-channel";
import { Panel } from "./panel";
import { Sidebar } from "./sidebar";
import { SkipLink } from "./skip-link";
import { SwitcherPart } from "./switcher-part";
import { usePlace } from "./use-place";
import { useShortcuts } from "./use-shortcuts";
import { useTitle } from "./use-title";
import { useUnread } from "./use-unread";

export type WorkspaceProps = { readonly chat: Chat; readonly self: User };

/** What a person who is signed in sees: their channels, one of them open, and who is there. */
export function Workspace({ chat, self }: WorkspaceProps) {
  const place = usePlace(chat);
  const visit = useStore(visits, (state) => state);
  const channels = useStore(chat, (state) => state.channels);
  const isNarrow = useMedia(NARROW);
  const panel = isNarrow ? visit.panel : undefined;
  const target = useTarget(visit);
  const [isSwitching, setSwitching] = useState(false);
  const active = place.kind === "channel" ? place.channel.name : undefined;
  const unread = useUnread(channels);
  useTitle(active, unread);
  useEffect(() => () => forgetWhoLeft(chat, self), [chat, self]);
  useNotifications({ channels, active, onChoose: goToMessage });

  const openSwitcher = useCallback(() => setSwitching(true), []);
  const closeSwitcher = useCallback(() => setSwitching(false), []);
  useShortcuts({ channels, active, onChannel: goToChannel, onSwitcher: openSwitcher });

  const sidebar = (
    <ErrorBoundary fallback={<PartCrash />}>
      <Sidebar chat={chat} self={self} channels={channels} active={active} onSwitch={openSwitcher} />
    </ErrorBoundary>
  );
  const menu = isNarrow && (
    <ChannelsButton
      count={channels.length}
      unread={unread}
      isOpen={panel === "channels"}
      onClick={() => visits.openPanel("channels")}
    />
  );
  return (
    <Flex h="full" bg="bg.panel" position="relative">
      <SkipLink isCovered={panel !== undefined} />
      {!isNarrow && (
        <Flex direction="column" w="64" flexShrink={0} borderEndWidth="1px" bg="bg.subtle">
          {sidebar}
        </Flex>
      )}
      {isNarrow && panel === "channels" && (
        <Panel title={texts.channels.title} side="start">
          {sidebar}
        </Panel>
      )}
      {place.kind === "channel" ? (
        <ChannelScreen
          key={place.channel.owner}
          chat={chat}
          channel={place.channel}
          target={target}
          isNarrow={isNarrow}
          isPeoplePanelOpen={panel === "people"}
          isCovered={panel !== undefined}
          menu={menu}
        />
      ) : (
        <Box as="main" flex="1" minW="0" inert={panel !== undefined}>
          <NoChannel chat={chat} place={place} menu={menu} />
        </Box>
      )}
      {isSwitching && (
        <ErrorBoundary fallback={<PartCrash />}>
          <SwitcherPart channels={channels} active={active} onChoose={goToChannel} onClose={closeSwitcher} />
        </ErrorBoundary>
      )}
    </Flex>
  );
}

/** The message that the address names. */
function useTarget(visit: Visit): Target | undefined {
  const { key } = visit;
  const seq = parseAddress(visit)?.seq;
  return useMemo(() => (seq === undefined ? undefined : { seq, key }), [seq, key]);
}

function goToChannel(name: string): void {
  visits.goTo(channelPath(name));
}

function goToMessage(name: string, seq: number): void {
  visits.goTo(channelPath(name, seq));
}

/** What was being written is not for the next one at this screen, if the person left, be it here or in another page. */
function forgetWhoLeft(chat: Chat, self: User): void {
  const account = chat.account.state();
  const hasLeft = account.kind === "signed-out" && (account.why === undefined || account.why === "leftElsewhere");
  if (hasLeft) forgetDrafts(self.id);
}
