import { Box, Button, Flex, Spinner, Text } from "@chakra-ui/react";
import type { ConnectionState } from "@/client/connection-state";
import { handsFocusOn } from "@/shared/focus";
import { texts } from "@/shared/texts";
import { useCountdown } from "./use-countdown";
import { useOnline } from "./use-online";

const words = texts.connection;

export type ConnectionBannerProps = { readonly state: ConnectionState; readonly onConnectNow: () => void };

/** Says what is the matter with the connection, and nothing when it is well. */
export function ConnectionBanner({ state, onConnectNow }: ConnectionBannerProps) {
  const online = useOnline();
  const seconds = useCountdown(state.kind === "waiting" ? state.until : undefined);
  const first = state.kind === "connecting" && state.attempt === 0;
  const isTrying = state.kind === "connecting" && !first;
  return (
    <Box
      role="status"
      aria-live="polite"
      aria-label={words.label}
      data-state={state.kind}
      colorPalette={first ? "gray" : "orange"}
      bg="colorPalette.subtle"
      color="colorPalette.fg"
      borderBottomWidth={state.kind === "open" ? "0" : "1px"}
      borderColor="colorPalette.muted"
    >
      {state.kind !== "open" && (
        <Flex align="center" justify="center" gap="2" px="4" py="1.5" textStyle="sm" minH="10">
          {state.kind === "connecting" && <Spinner size="xs" aria-hidden />}
          <Text>{textOf(state, online)}</Text>
          {state.kind === "waiting" && (
            <Text aria-hidden fontVariantNumeric="tabular-nums">
              {words.again(seconds)}
            </Text>
          )}
          {(state.kind === "waiting" || state.kind === "halted" || isTrying) && (
            <Button
              ref={handsFocusOn}
              size="2xs"
              variant="outline"
              colorPalette="orange"
              aria-disabled={isTrying} // it stays, and whoever is on it with the keys
              onClick={isTrying ? undefined : onConnectNow}
            >
              {state.kind === "halted" ? words.reconnect : words.now}
            </Button>
          )}
        </Flex>
      )}
    </Box>
  );
}

function textOf(state: ConnectionState, online: boolean): string {
  switch (state.kind) {
    case "connecting":
      return state.attempt === 0 ? words.connecting : words.reconnecting;
    case "waiting":
      return online ? words.lost : words.offline;
    case "halted":
      return words.halted;
    default:
      return words.ended;
  }
}
