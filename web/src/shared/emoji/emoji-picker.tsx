import { Box, Button, Center, Spinner, Text, VisuallyHidden } from "@chakra-ui/react";
import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import { texts } from "@/shared/texts";
import { useLoaded } from "@/shared/use-loaded";

const words = texts.emoji;

export type EmojiPickerProps = {
  readonly id: string;
  /** What opened the picker: Escape goes back there, and a press on it is not one outside. */
  readonly opener: RefObject<HTMLElement | null>;
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
};

/**
 * All emoji, above what it stands in: the nearest box with a position. It closes on Escape and as soon as
 * one is elsewhere. Whoever opens it says where the focus goes after a pick.
 */
export function EmojiPicker({ id, opener, onPick, onClose }: EmojiPickerProps) {
  const dialog = useRef<HTMLDivElement>(null);
  useEffect(() => dialog.current?.focus(), []);
  useOutside(dialog, opener, onClose);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
    event.preventDefault(); // nothing else closes with it
    onClose();
    opener.current?.focus();
  };
  return (
    <Box
      ref={dialog}
      id={id}
      role="dialog"
      aria-label={words.title}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      position="absolute"
      bottom="calc(100% + {spacing.1})"
      insetEnd="0"
      zIndex="popover"
      w="80"
      maxW="full"
      h="80"
      maxH="50dvh"
      bg="bg.panel"
      borderWidth="1px"
      rounded="xl"
      shadow="lg"
      overflow="hidden"
      outline="none"
    >
      <Content onPick={onPick} />
    </Box>
  );
}

function Content({ onPick }: Pick<EmojiPickerProps, "onPick">) {
  const loaded = useLoaded(loadGrid);
  if (loaded.state === "ready") {
    const { EmojiGrid, data } = loaded.value;
    return <EmojiGrid data={data} onPick={onPick} />;
  }
  return (
    <Center h="full" p="4" flexDirection="column" gap="3" textAlign="center" role="status">
      {loaded.state === "loading" ? (
        <>
          <Spinner size="sm" color="fg.muted" />
          <VisuallyHidden>{words.loading}</VisuallyHidden>
        </>
      ) : (
        <>
          <Text textStyle="sm">{words.failed}</Text>
          <Button size="sm" variant="outline" onClick={loaded.again}>
            {words.tryAgain}
          </Button>
        </>
      )}
    </Center>
  );
}

async function loadGrid(signal: AbortSignal) {
  const [{ EmojiGrid }, { loadEmojiSet }] = await Promise.all([import("./emoji-grid"), import("./emoji-set")]);
  return { EmojiGrid, data: await loadEmojiSet(signal) };
}

/** Calls `onOutside` when one presses, or moves the focus, outside of the dialog and of what opened it. */
function useOutside(
  dialog: RefObject<HTMLElement | null>,
  opener: RefObject<HTMLElement | null>,
  onOutside: () => void,
): void {
  const latest = useRef(onOutside);
  useEffect(() => {
    latest.current = onOutside;
  });
  useEffect(() => {
    const check = ({ target }: Event): void => {
      const isInside = [dialog, opener].some(({ current }) => current?.contains(target as Node));
      if (!isInside) latest.current();
    };
    document.addEventListener("pointerdown", check);
    document.addEventListener("focusin", check);
    return () => {
      document.removeEventListener("pointerdown", check);
      document.removeEventListener("focusin", check);
    };
  }, [dialog, opener]);
}
