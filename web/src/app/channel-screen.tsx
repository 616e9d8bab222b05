import { Flex } from "@chakra-ui/react";
import { type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import type { Channel } from "@/client/channel";
import type { Chat } from "@/client/chat";
import type { Past } from "@/client/past";
import type { Target } from "@/features/chat/use-jump";
import { Composer } from "@/features/composer/composer";
import { ConnectionBanner } from "@/features/connection/connection-banner";
import { PeopleList } from "@/features/people/people-list";
import { TypingLine } from "@/features/people/typing-line";
import { peopleColumn } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { useLoaded } from "@/shared/use-loaded";
import { useStore } from "@/shared/use-store";
import { visits } from "@/shared/visit";
import { HeaderButton, PageHeader } from "./channel-header";
import { Conversation } from "./conversation";
import { PartCrash, Unloaded } from "./crash";
import { ErrorBoundary } from "./error-boundary";
import { loadTimeTravel } from "./lazy-parts";
import { Panel } from "./panel";
import type { TimeTravelProps } from "./time-travel";
import { useMentionable } from "./use-mentionable";

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

/** One channel: what is said, who is here, and a box to write in; or all that as it was. */
export function ChannelScreen(props: ChannelScreenProps) {
  const { chat, channel, target, isNarrow, isPeoplePanelOpen, menu, isCovered } = props;
  const hasColumn = useStore(peopleColumn, (state) => state) === "shown";
  const main = useRef<HTMLDivElement>(null);
  const toComposer = useCallback(() => main.current?.querySelector("textarea")?.focus(), []);
  const { isTravelling, past, setPast, travel, comeBack } = useTravel(target);
  const people = past ? <There past={past} channel={channel} /> : <Here channel={channel} />;
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
          {!isTravelling && <HeaderButton icon="history" label={texts.past.open} onClick={travel} />}
          <PeopleButton channel={channel} isNarrow={isNarrow} isOpen={isNarrow ? isPeoplePanelOpen : hasColumn} />
        </PageHeader>
        <Banner channel={channel} />
        <Talk
          chat={chat}
          channel={channel}
          target={target}
          isTravelling={isTravelling}
          onEscape={toComposer}
          onPast={setPast}
          onBack={comeBack}
        />
      </Flex>
      {isNarrow && isPeoplePanelOpen && (
        <Panel title={words.title} side="end">
          <ErrorBoundary fallback={<PartCrash />}>{people}</ErrorBoundary>
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
          <ErrorBoundary fallback={<PartCrash />}>{people}</ErrorBoundary>
        </Flex>
      )}
    </>
  );
}

/** Whether the channel is shown as it was. A link to a message leads back to now. */
function useTravel(target: Target | undefined) {
  const [isTravelling, setTravelling] = useState(false);
  const [past, setPast] = useState<Past>();
  const comeBack = useCallback(() => {
    setTravelling(false);
    setPast(undefined);
  }, []);
  const [key, setKey] = useState(target?.key);
  if (target?.key !== key) {
    setKey(target?.key);
    comeBack();
  }
  return { isTravelling, past, setPast, travel: () => setTravelling(true), comeBack };
}

type TalkProps = Pick<ChannelScreenProps, "chat" | "channel" | "target"> & {
  readonly isTravelling: boolean;
  readonly onEscape: () => void;
  readonly onPast: (past: Past) => void;
  readonly onBack: () => void;
};

/** The composer stands by itself: whatever breaks above it, what is being written is kept. */
function Talk({ chat, channel, target, isTravelling, onEscape, onPast, onBack }: TalkProps) {
  const { people, index } = useMentionable(channel);
  if (isTravelling) {
    return (
      <ErrorBoundary fallback={<PartCrash />}>
        <Travel chat={chat} channel={channel} mentionable={index} onPast={onPast} onBack={onBack} />
      </ErrorBoundary>
    );
  }
  return (
    <>
      <ErrorBoundary fallback={<PartCrash />}>
        <Conversation chat={chat} channel={channel} target={target} mentionable={index} onEscape={onEscape} />
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

function Travel(props: TimeTravelProps) {
  const part = useLoaded(loadTimeTravel);
  if (part.state === "ready") return <part.value.TimeTravel {...props} />;
  return part.state === "failed" ? <Unloaded onAgain={part.again} onBack={props.onBack} /> : <Flex flex="1" />;
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
  const { byId, total } = useStore(channel, (state) => state.feed.people);
  const people = useMemo(() => [...byId.values()].map(({ user }) => user), [byId]);
  return <PeopleList title={words.title} people={people} total={total ?? people.length} self={channel.self} />;
}

/** Who was here then. */
function There({ past, channel }: { readonly past: Past; readonly channel: Channel }) {
  const people = useStore(past, (state) => state.people) ?? NOBODY;
  return <PeopleList title={words.thosePast} people={people} total={people.length} self={channel.self} />;
}

const NOBODY: readonly never[] = [];
