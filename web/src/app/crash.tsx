import { Button, Center, Flex, Heading, Text } from "@chakra-ui/react";
import { handsFocusOn } from "@/shared/focus";
import { texts } from "@/shared/texts";
import { useEscape } from "@/shared/use-escape";

const words = texts.crash;

/** Stands in place of the whole page. */
export function Crash() {
  return (
    <Center as="main" h="full" flexDirection="column" gap="3" p="6" textAlign="center" role="alert">
      <Heading as="h1" size="lg">
        {words.title}
      </Heading>
      <Text color="fg.muted">{words.lead}</Text>
      <Reload />
    </Center>
  );
}

/** Stands in place of one part of the page; the others go on. */
export function PartCrash() {
  return (
    <Center flex="1" minH="0" flexDirection="column" gap="3" p="4" textAlign="center" role="alert">
      <Text textStyle="sm" color="fg.muted">
        {words.part}
      </Text>
      <Reload />
    </Center>
  );
}

export type UnloadedProps = {
  readonly onAgain: () => void;
  /** Given where there is something to go back to. */
  readonly onBack?: () => void;
};

/** Stands in place of a part that cannot be fetched: without the network, or when the server has another page by now. */
export function Unloaded({ onAgain, onBack }: UnloadedProps) {
  useEscape(onBack !== undefined, onBack ?? nothing);
  return (
    <Center ref={handsFocusOn} flex="1" minH="0" flexDirection="column" gap="3" p="4" textAlign="center">
      <Text role="alert" textStyle="sm" color="fg.muted">
        {words.unloaded}
      </Text>
      <Flex gap="2" wrap="wrap" justify="center">
        <Button onClick={onAgain}>{words.again}</Button>
        <Reload />
        {onBack && (
          <Button variant="outline" onClick={onBack}>
            {words.back}
          </Button>
        )}
      </Flex>
    </Center>
  );
}

function nothing(): void {}

function Reload() {
  return <Button onClick={() => location.reload()}>{words.reload}</Button>;
}
