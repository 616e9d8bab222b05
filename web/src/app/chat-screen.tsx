import { Box, Button, Flex, Heading, Image } from "@chakra-ui/react";
import { useCallback, useId, useRef, useState } from "react";
import type { ApiClient, Claims } from "@/client/api";
import { MessageList } from "@/features/chat/message-list";
import { countOf, PeopleList } from "@/features/chat/people-list";
import { Composer } from "@/features/composer/composer";
import { ConnectionBanner } from "@/features/connection/connection-banner";
import { texts } from "@/shared/texts";
import { useEscape } from "@/shared/use-escape";
import type { AccountHandle } from "./use-account";
import { ownerOf, useChannel } from "./use-channel";

const words = texts.people;

export type ChatScreenProps = {
  readonly api: ApiClient;
  readonly token: string;
  readonly claims: Claims;
  readonly accountHandle: AccountHandle;
};

/** One channel: what is said, who is here, and a line to write in. */
export function ChatScreen(props: ChatScreenProps) {
  const { user, channel } = props.claims;
  const { handle, connection, pending, sender, leave } = useChannel(props);
  const { people } = handle.feed;
  const peopleId = useId();
  const [showPeople, setShowPeople] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const hidePeople = useCallback(() => {
    setShowPeople(false);
    toggle.current?.focus();
  }, []);
  useEscape(showPeople, hidePeople);
  return (
    <Flex direction="column" h="100dvh" bg="bg.panel">
      <Flex
        as="header"
        align="center"
        gap="3"
        px={{ base: "4", md: "6" }}
        py="2.5"
        borderBottomWidth="1px"
        flexShrink={0}
      >
        <Image src="/favicon.svg" alt="" boxSize="6" />
        <Heading as="h1" size="md" flex="1" minW="0" truncate>
          #<bdi>{channel}</bdi>
        </Heading>
        <Button
          ref={toggle}
          size="sm"
          variant={showPeople ? "subtle" : "outline"}
          colorPalette="gray"
          hideFrom="md"
          aria-expanded={showPeople}
          aria-controls={peopleId}
          onClick={() => setShowPeople(!showPeople)}
        >
          {words.toggle(countOf(people))}
        </Button>
        <Button size="sm" variant="ghost" colorPalette="gray" onClick={leave}>
          {words.leave}
        </Button>
      </Flex>
      <ConnectionBanner state={connection.state} onConnectNow={connection.connectNow} />
      <Flex flex="1" minH="0">
        <Flex
          as="main"
          direction="column"
          flex="1"
          minW="0"
          display={{ base: showPeople ? "none" : "flex", md: "flex" }}
        >
          <MessageList
            channel={channel}
            self={user}
            handle={handle}
            pending={pending}
            onTryAgain={sender.tryAgain}
            onDiscard={sender.discard}
          />
          <Composer channel={channel} owner={ownerOf(props.claims)} onSend={sender.send} />
        </Flex>
        <Box
          as="aside"
          display={{ base: showPeople ? "block" : "none", md: "block" }}
          w={{ base: "full", md: "64" }}
          flexShrink={0}
          borderStartWidth={{ base: "0", md: "1px" }}
          bg="bg.subtle"
        >
          <PeopleList id={peopleId} people={people} self={user} />
        </Box>
      </Flex>
    </Flex>
  );
}
