import { Button, Flex, Text } from "@chakra-ui/react";
import type { PastState } from "@/client/past";
import { handsFocusOn } from "@/shared/focus";
import { texts } from "@/shared/texts";
import { hasSeq } from "./use-window";

const words = texts.past;

export type PastBarProps = {
  readonly state: PastState;
  /** The message that is looked for. */
  readonly seq: number | undefined;
  /** Whether there are messages between what is shown and now. */
  readonly isApart: boolean;
  readonly onTryAgain: () => void;
  readonly onLatest: () => void;
};

/** Says that one is not at the newest messages, or that the message of a link is not to be had. */
export function PastBar({ state, seq, isApart, onTryAgain, onLatest }: PastBarProps) {
  const text = textOf(state, seq, isApart);
  return (
    <Flex role="status" direction="column" flexShrink={0}>
      {text !== undefined && (
        <Flex
          ref={handsFocusOn}
          align="center"
          justify="center"
          wrap="wrap"
          gap="2"
          px="4"
          py="1.5"
          minH="10"
          textStyle="sm"
          bg="bg.info"
          color="fg.info"
          borderBottomWidth="1px"
          borderColor="border.info"
        >
          <Text>{text}</Text>
          {state.place === "failed" && (
            <Button ref={handsFocusOn} size="2xs" variant="outline" onClick={onTryAgain}>
              {words.tryAgain}
            </Button>
          )}
          <Button size="2xs" variant="outline" onClick={onLatest}>
            {words.latest}
          </Button>
        </Flex>
      )}
    </Flex>
  );
}

function textOf({ place, messages }: PastState, seq: number | undefined, isApart: boolean): string | undefined {
  if (place === "loading") return words.reading;
  if (place === "failed") return words.failed;
  if (seq !== undefined && !hasSeq(messages, seq)) return words.missing;
  return isApart ? words.window : undefined;
}
