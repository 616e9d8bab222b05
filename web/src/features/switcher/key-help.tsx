import { Box, chakra, Flex } from "@chakra-ui/react";
import { texts } from "@/shared/texts";

const words = texts.switcher;

/** The keys of the page. */
export function KeyHelp() {
  return (
    <Box asChild borderTopWidth="1px" px="4" py="2.5" textStyle="xs" color="fg.muted" flexShrink={0} hideBelow="sm">
      <details>
        <summary>{words.help}</summary>
        <Flex as="dl" direction="column" gap="1.5" mt="2">
          {words.keys.map(([keys, does]) => (
            <Flex key={does} gap="3" justify="space-between">
              <dd>{does}</dd>
              <dt>
                <Keys>{keys}</Keys>
              </dt>
            </Flex>
          ))}
        </Flex>
      </details>
    </Box>
  );
}

const Keys = chakra("kbd", {
  base: {
    fontFamily: "mono",
    px: "1.5",
    py: "0.5",
    rounded: "sm",
    borderWidth: "1px",
    bg: "bg.subtle",
    whiteSpace: "nowrap",
  },
});
