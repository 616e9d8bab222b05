import { Box, Button, Center, Flex, Spinner, Text } from "@chakra-ui/react";
import type { MouseEvent } from "react";
import type { PageState } from "@/client/paging";
import { Name, Sentence } from "@/shared/name";
import { texts } from "@/shared/texts";
import { leaveFocus } from "./leave-focus";

const words = texts.chat;

/** How tall the ends of the list are. */
const END_HEIGHT = "20";

export type ListTopProps = {
  readonly channel: string;
  readonly isEmpty: boolean;
  readonly isReading: boolean;
  readonly historyFailed: boolean;
  readonly hasOlder: boolean;
  readonly older: PageState;
  readonly onLoadOlder: () => void;
};

/**
 * What stands above the oldest message. As long as there is one, it is always as tall: else all that is read below
 * would move when a page is there, or when the server cannot be reached.
 */
export function ListTop(props: ListTopProps) {
  return (
    <Flex direction="column" justify="center" minH={END_HEIGHT}>
      <TopContent {...props} />
    </Flex>
  );
}

function TopContent(props: ListTopProps) {
  const { channel, isEmpty, isReading, historyFailed, hasOlder, older, onLoadOlder } = props;
  if (historyFailed) return <Notice text={words.historyMissing} />;
  if (isReading && isEmpty) return <Waiting text={words.loading} />;
  if (hasOlder) {
    return (
      <PageEnd
        state={older}
        waiting={words.loadingOlder}
        failed={words.olderFailed}
        again={words.loadOlder}
        onLoad={onLoadOlder}
      />
    );
  }
  return <Beginning channel={channel} isEmpty={isEmpty} />;
}

export type ListBottomProps = {
  readonly hasNewer: boolean;
  readonly newer: PageState;
  readonly onLoadNewer: () => void;
};

/** What stands below the newest message. */
export function ListBottom({ hasNewer, newer, onLoadNewer }: ListBottomProps) {
  if (!hasNewer) return <Box h="4" />;
  return (
    <PageEnd
      state={newer}
      waiting={words.loadingNewer}
      failed={words.newerFailed}
      again={words.loadNewer}
      onLoad={onLoadNewer}
    />
  );
}

type PageEndProps = {
  readonly state: PageState;
  readonly waiting: string;
  readonly failed: string;
  readonly again: string;
  readonly onLoad: () => void;
};

/** Where the next page comes by itself. */
function PageEnd({ state, waiting, failed, again, onLoad }: PageEndProps) {
  const load = ({ currentTarget }: MouseEvent<HTMLElement>): void => {
    leaveFocus(currentTarget, currentTarget.closest<HTMLElement>('[role="log"]'));
    onLoad();
  };
  return (
    <Center h={END_HEIGHT} flexDirection="column" gap="1" px="4" color="fg.muted" textStyle="sm">
      {state === "failed" ? (
        <>
          <Text role="status" color="fg.warning">
            {failed}
          </Text>
          <Button size="xs" variant="outline" onClick={load}>
            {again}
          </Button>
        </>
      ) : (
        <Waiting text={waiting} />
      )}
    </Center>
  );
}

function Waiting({ text }: { readonly text: string }) {
  return (
    <Center gap="2" color="fg.muted" textStyle="sm">
      <Spinner size="sm" aria-hidden />
      {text}
    </Center>
  );
}

function Beginning({ channel, isEmpty }: { readonly channel: string; readonly isEmpty: boolean }) {
  return (
    <Box px={{ base: "4", md: "6" }} pt={isEmpty ? "8" : undefined}>
      <Text textStyle="lg" fontWeight="semibold" truncate={!isEmpty} overflowWrap="anywhere">
        <Sentence of={words.beginning} name={<Name>{channel}</Name>} />
      </Text>
      {isEmpty && (
        <Text color="fg.muted">
          {words.empty} {words.emptyLead}
        </Text>
      )}
    </Box>
  );
}

function Notice({ text }: { readonly text: string }) {
  return (
    <Text role="status" alignSelf="center" textStyle="sm" color="fg.warning" px="4">
      {text}
    </Text>
  );
}
