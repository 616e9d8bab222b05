import { Button, Flex, Text } from "@chakra-ui/react";
import { useId } from "react";
import { texts } from "@/shared/texts";

const words = texts.channels;

export type LeaveQuestionProps = {
  readonly channel: string;
  readonly onLeave: () => void;
  readonly onStay: () => void;
};

/** Asks before what a person wrote goes with the channel. */
export function LeaveQuestion({ channel, onLeave, onStay }: LeaveQuestionProps) {
  const id = useId();
  return (
    <Flex
      role="alertdialog"
      aria-label={words.leave(channel)}
      aria-describedby={id}
      direction="column"
      gap="2"
      px="3"
      py="2"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault(); // it ends the question, and not the panel that it stands in
        onStay();
      }}
    >
      <Text id={id} textStyle="xs">
        {words.leaveUnsent}
      </Text>
      <Flex gap="2">
        <Button size="xs" autoFocus onClick={onStay}>
          {words.stay}
        </Button>
        <Button size="xs" variant="outline" colorPalette="red" onClick={onLeave}>
          {words.leaveAnyway}
        </Button>
      </Flex>
    </Flex>
  );
}
