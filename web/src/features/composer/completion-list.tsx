import { Box, Flex, Text } from "@chakra-ui/react";
import { useEffect, useRef } from "react";
import { Avatar } from "@/shared/avatar";
import { Name } from "@/shared/name";
import { texts } from "@/shared/texts";
import type { Completion, Option } from "./completion";

/** Some fonts for text have emoji without colours, and would be asked first. */
const EMOJI_FONT = "'Apple Color Emoji', 'Segoe UI Emoji', 'Noto Color Emoji', sans-serif";

export type CompletionListProps = {
  readonly id: string;
  readonly completion: Completion;
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly onChoose: (option: Option) => void;
};

/** Names an option of the list `id`, for the box that has the focus. */
export function optionId(id: string, index: number): string {
  return `${id}-${index}`;
}

/** What the word at the caret can become, above the box. The focus stays in the box. */
export function CompletionList({ id, completion, active, onActive, onChoose }: CompletionListProps) {
  const { trigger, options } = completion;
  return (
    <Box
      id={id}
      role="listbox"
      aria-label={texts.composer.suggestions[trigger.kind]}
      position="absolute"
      bottom="calc(100% + {spacing.1})"
      insetStart="0"
      zIndex="dropdown"
      w="80"
      maxW="full"
      maxH="50dvh"
      overflowY="auto"
      p="1"
      bg="bg.panel"
      borderWidth="1px"
      rounded="xl"
      shadow="lg"
    >
      {options.map((option, index) => (
        <Choice
          key={option.key}
          id={optionId(id, index)}
          option={option}
          isActive={index === active}
          onActive={() => onActive(index)}
          onChoose={() => onChoose(option)}
        />
      ))}
    </Box>
  );
}

type ChoiceProps = {
  readonly id: string;
  readonly option: Option;
  readonly isActive: boolean;
  readonly onActive: () => void;
  readonly onChoose: () => void;
};

function Choice({ id, option, isActive, onActive, onChoose }: ChoiceProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) element.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  return (
    <Flex
      ref={element}
      id={id}
      role="option"
      aria-selected={isActive}
      align="center"
      gap="2"
      minH="9"
      px="2"
      rounded="lg"
      cursor="pointer"
      bg={isActive ? "bg.emphasized" : undefined}
      onMouseDown={(event) => event.preventDefault()} // which would take the focus
      onPointerMove={isActive ? undefined : onActive}
      onClick={onChoose}
    >
      {option.kind === "emoji" ? (
        <>
          <Text as="span" aria-hidden fontFamily={EMOJI_FONT} fontSize="xl" lineHeight="1" w="7" textAlign="center">
            {option.emoji}
          </Text>
          <Text textStyle="sm" truncate>
            :{option.code}:
          </Text>
        </>
      ) : (
        <>
          <Avatar user={option.user} size="7" />
          <Text textStyle="sm" truncate>
            <Name>{option.user.name}</Name>
          </Text>
        </>
      )}
    </Flex>
  );
}
