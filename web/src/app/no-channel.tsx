import { Button, Center, Flex, Spinner, Text } from "@chakra-ui/react";
import type { ReactNode } from "react";
import type { Chat } from "@/client/chat";
import { NewChannel } from "@/features/channels/new-channel";
import { channelPath } from "@/shared/address";
import { Name, Sentence } from "@/shared/name";
import { texts } from "@/shared/texts";
import { visits } from "@/shared/visit";
import { PageHeader } from "./channel-header";
import type { Place } from "./use-place";

const words = texts.channels;

export type NoChannelProps = {
  readonly chat: Chat;
  readonly place: Exclude<Place, { kind: "channel" }>;
  readonly menu: ReactNode;
};

/** Stands where a channel would: while it is being opened, when it cannot be, and when none is wanted. */
export function NoChannel({ chat, place, menu }: NoChannelProps) {
  return (
    <Flex direction="column" h="full">
      <PageHeader before={menu} title={place.kind === "none" ? texts.product : <Name>{`#${place.name}`}</Name>} />
      <Center flex="1" minH="0" p="6" overflowY="auto">
        <Flex direction="column" align="center" gap="3" textAlign="center" maxW="sm">
          <Content chat={chat} place={place} />
        </Flex>
      </Center>
    </Flex>
  );
}

function Content({ chat, place }: Omit<NoChannelProps, "menu">) {
  switch (place.kind) {
    case "opening":
      return (
        <Flex role="status" align="center" gap="2" color="fg.muted">
          <Spinner size="sm" aria-hidden />
          <Text>
            <Sentence of={words.opening} name={<Name>{`#${place.name}`}</Name>} />
          </Text>
        </Flex>
      );
    case "refused":
      return (
        <>
          <Text role="alert" overflowWrap="anywhere">
            <Sentence of={words.refused} name={<Name>{`#${place.name}`}</Name>} /> {place.reason}
          </Text>
          <Button onClick={() => visits.goTo(channelPath(place.name), { replace: true })}>{words.tryAgain}</Button>
        </>
      );
    case "none":
      return (
        <>
          <Text fontWeight="semibold">{words.none}</Text>
          <Text color="fg.muted">{words.noneLead}</Text>
          <NewChannel onOpen={async (name) => visits.goTo(channelPath(await chat.join(name)))} />
        </>
      );
  }
}
