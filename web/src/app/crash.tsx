import { Button, Center, Heading, Text } from "@chakra-ui/react";
import { texts } from "@/shared/texts";

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

function Reload() {
  return <Button onClick={() => location.reload()}>{words.reload}</Button>;
}
