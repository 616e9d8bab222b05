import { Flex } from "@chakra-ui/react";
import { type ReactNode, useCallback, useMemo, useRef } from "react";
import type { Channel } from "@/client/channel";
import type { Chat } from "@/client/chat";
import { Composer } from "@/features/composer/composer";
import { ConnectionBanner } from "@/features/connection/connection-banner";
import { PeopleList } from "@/features/people/people-list";
import { TypingLine } from "@/features/people/typing-line";
import { peopleColumn } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { useStore } from "@/shared/use-store";
import { visits } from "@/shared/visit";
import { HeaderButton, PageHeader } from "./channel-header";
import { Conversation } from "./conversation";
import { PartCrash } from "./crash";
import { ErrorBoundary } from "./error-boundary";
import { Panel } from "./panel";
import { useMentionable } from "./use-mentionable";
import type { Target } from "./use-window";

const words = texts.people;

export type ChannelScreenProps = {
  readonly chat: Chat;
  readonly channel: Channel;
  readonly target: Target | undefined;
  /** Whether the columns stand above each other. */
  readonly isNarrow: boolean;
  readonly isPeoplePanelOpen: boolean;
  /** What the header begins with. */
  readonly menu: ReactNode;
  /** Whether something is open over it. */
  readonly isCovered: boolean;
};

/** One channel: what is said, who is here, and a box to write in. */
export function ChannelScreen(props: ChannelScreenProps) {
  const { chat, channel, target, isNarrow, isPeoplePanelOpen, menu, isCovered } = props;
  const hasColumn = useStore(peopleColumn, (state) => state) === "shown";
  const main = useRef<HTMLDivElement>(null);
  const toComposer = useCallback(() => focusComposer(main.current), []);
  return (
    <>
      <Flex ref={main} as="main" direction="column" flex="1" minW="0" inert={isCovered}>
        <PageHeader
          before={menu}
          title={
            <>
              #<bdi>{channel.name}</bdi>
            </>
          }
        >
          <PeopleButton channel={channel} isNarrow={isNarrow} isOpen={isNarrow ? isPeoplePanelOpen : hasColumn} />
        </PageHeader>
        <Banner channel={channel} />
        <Talk chat={chat} channel={channel} target={target} onEscape={toComposer} />
      </Flex>
      {isNarrow && isPeoplePanelOpen && (
        <Panel title={words.title} side="end">
          <Here channel={channel} />
        </Panel>
      )}
      {!isNarrow && hasColumn && (
        <Flex
          as="aside"
          aria-label={words.title}
          direction="column"
          w="60"
          flexShrink={0}
          borderStartWidth="1px"
          bg="bg.subtle"
        >
          <Here channel={channel} />
        </Flex>
      )}
    </>
  );
}

/** The composer stands by itself: whatever breaks above it, what is being written is kept. */
function Talk(props: { chat: Chat; channel: Channel; target: Target | undefined; onEscape: () => void }) {
  const { channel } = props;
  const { people, index } = useMentionable(channel);
  return (
    <>
      <ErrorBoundary fallback={<PartCrash />}>
        <Conversation {...props} mentionable={index} />
        <TypingLine channel={channel} />
      </ErrorBoundary>
      <Composer
        channel={channel.name}
        owner={channel.owner}
        people={people}
        onSend={channel.send}
        onTyping={channel.typing}
      />
    </>
  );
}

function Banner({ channel }: { readonly channel: Channel }) {
  const connection = useStore(channel, (state) => state.connection);
  return <ConnectionBanner state={connection} onConnectNow={channel.connectNow} />;
}

type PeopleButtonProps = { readonly channel: Channel; readonly isNarrow: boolean; readonly isOpen: boolean };

function PeopleButton({ channel, isNarrow, isOpen }: PeopleButtonProps) {
  const count = useStore(channel, ({ feed: { people } }) => people.total ?? people.byId.size);
  const toggle = (): void => {
    if (!isNarrow) peopleColumn.set(isOpen ? "hidden" : "shown");
    else if (!isOpen) visits.openPanel("people");
  };
  return (
    <HeaderButton icon="people" label={words.toggle(count)} text={count} aria-expanded={isOpen} onClick={toggle} />
  );
}

/** Who is here now. */
function Here({ channel }: { readonly channel: Channel }) {
  return (
    <ErrorBoundary fallback={<PartCrash />}>
      <HereList channel={channel} />
    </ErrorBoundary>
  );
}

function HereList({ channel }: { readonly channel: Channel }) {
  const { byId, total } = useStore(channel, (state) => state.feed.people);
  const people = useMemo(() => [...byId.values()].map(({ user }) => user), [byId]);
  return <PeopleList title={words.title} people={people} total={total ?? people.length} self={channel.self} />;
}

function focusComposer(main: HTMLElement | null): void {
  main?.querySelector("textarea")?.focus();
}
