import { Box } from "@chakra-ui/react";
import type { SwitcherProps } from "@/features/switcher/switcher";
import { useLoaded } from "@/shared/use-loaded";
import { Unloaded } from "./crash";
import { loadSwitcher } from "./lazy-parts";

/** The switcher, which is fetched when it is wanted, or what became of that. */
export function SwitcherPart(props: SwitcherProps) {
  const part = useLoaded(loadSwitcher);
  if (part.state === "ready") return <part.value.Switcher {...props} />;
  if (part.state === "loading") return null;
  return (
    <Box
      position="fixed"
      top="10dvh"
      insetX="4"
      mx="auto"
      maxW="lg"
      zIndex="modal"
      bg="bg.panel"
      rounded="xl"
      borderWidth="1px"
      shadow="lg"
    >
      <Unloaded onAgain={part.again} onBack={props.onClose} />
    </Box>
  );
}
