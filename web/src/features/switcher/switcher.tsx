import { Box, chakra, Flex, Input, Text } from "@chakra-ui/react";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Channel } from "@/client/channel";
import { Name, Sentence } from "@/shared/name";
import { texts } from "@/shared/texts";
import { KeyHelp } from "./key-help";
import { type Match, matchesOf } from "./matches";

const words = texts.switcher;

export type SwitcherProps = {
  readonly channels: readonly Channel[];
  readonly active: string | undefined;
  /** Goes to a channel, which may not be open yet. */
  readonly onChoose: (name: string) => void;
  readonly onClose: () => void;
};

/** Goes to a channel by a few letters of its name. The browser's own dialog keeps the focus and, closed while it is there, gives it back. */
export function Switcher({ channels, active, onChoose, onClose }: SwitcherProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close(); // once it has left the page it would give nothing back
  }, []);
  const closed = (): void => {
    if (!dialog.current?.open) onClose(); // what is told late, is of a dialog that is open again
  };
  return (
    <chakra.dialog
      ref={dialog}
      aria-label={words.title}
      onClose={closed}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.stopPropagation(); // it closes this, and nothing behind it
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose(); // beside it
      }}
      position="fixed"
      top="10dvh"
      mx="auto"
      w="lg"
      maxW="calc(100vw - 2rem)"
      maxH="calc(var(--visible-height, 100dvh) * 0.8)"
      overflow="hidden"
      bg="bg.panel"
      color="fg"
      rounded="xl"
      borderWidth="1px"
      shadow="lg"
      _backdrop={{ bg: "blackAlpha.600" }}
    >
      <Flex direction="column" maxH="calc(var(--visible-height, 100dvh) * 0.8)">
        <Finder
          channels={channels}
          active={active}
          onChoose={(name) => {
            onClose();
            onChoose(name);
          }}
        />
        <KeyHelp />
      </Flex>
    </chakra.dialog>
  );
}

function Finder({ channels, active, onChoose }: Omit<SwitcherProps, "onClose">) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const open = useMemo(() => inOrder(channels, active), [channels, active]);
  const matches = matchesOf(typed, open);
  const at = Math.min(chosen, matches.length - 1);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && matches.length > 0) {
      event.preventDefault();
      setChosen((at + step + matches.length) % matches.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const match = matches[at];
      if (match) onChoose(match.name);
    }
  };
  return (
    <>
      <Box p="3" borderBottomWidth="1px">
        <Input
          size="lg" // a phone would zoom to smaller letters
          role="combobox"
          aria-label={words.label}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={matches[at] ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          autoFocus
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          placeholder={words.label}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
      </Box>
      <Box id={`${id}-list`} role="listbox" aria-label={words.list} p="2" overflowY="auto" flex="1" minH="0">
        {matches.map((match, i) => (
          <Option key={match.name} id={`${id}-${i}`} match={match} isChosen={i === at} onChoose={onChoose} />
        ))}
      </Box>
      {matches.length === 0 && (
        <Text role="status" px="5" pb="4" color="fg.muted" textStyle="sm">
          {words.nothing}
        </Text>
      )}
    </>
  );
}

type OptionProps = {
  readonly id: string;
  readonly match: Match;
  readonly isChosen: boolean;
  readonly onChoose: (name: string) => void;
};

function Option({ id, match, isChosen, onChoose }: OptionProps) {
  const name = <Name>{`#${match.name}`}</Name>;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isChosen) box.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  return (
    <Box
      ref={box}
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      px="3"
      py="2"
      rounded="md"
      cursor="pointer"
      bg={isChosen ? "colorPalette.subtle" : undefined}
      color={isChosen ? "colorPalette.fg" : undefined}
      _hover={{ bg: "colorPalette.subtle" }}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onChoose(match.name)}
    >
      {match.isOpen ? name : <Sentence of={words.openNew} name={name} />}
    </Box>
  );
}

/** The one that is open comes last: nobody switches to where they are. What is unread comes first. */
function inOrder(channels: readonly Channel[], active: string | undefined): readonly string[] {
  const rank = (channel: Channel): number => {
    if (channel.name === active) return 3;
    const { unread } = channel.state();
    if (unread.mentioned) return 0;
    return unread.count > 0 ? 1 : 2;
  };
  return channels.toSorted((a, b) => rank(a) - rank(b)).map(({ name }) => name);
}
