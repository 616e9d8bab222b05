import { Button, Flex, Text } from "@chakra-ui/react";
import type { ReactNode } from "react";
import type { User } from "@/client/frames";
import { Avatar } from "@/shared/avatar";
import { Icon } from "@/shared/icon";
import { texts } from "@/shared/texts";

export type ProfileProps = {
  readonly self: User;
  readonly onSignOut: () => void;
  /** What the person can choose. */
  readonly children: ReactNode;
};

/** Who is here, what they have chosen, and the way out. */
export function Profile({ self, onSignOut, children }: ProfileProps) {
  return (
    <Flex as="footer" direction="column" gap="3" px="4" py="3" borderTopWidth="1px" flexShrink={0}>
      {children}
      <Flex align="center" gap="2.5">
        <Avatar user={self} size="7" />
        <Text as="bdi" truncate textStyle="sm" fontWeight="medium" flex="1" minW="0">
          {self.name}
        </Text>
        <Button
          size="xs"
          variant="ghost"
          colorPalette="gray"
          aria-label={texts.channels.signOut}
          title={texts.channels.signOut}
          onClick={onSignOut}
        >
          <Icon name="signOut" />
        </Button>
      </Flex>
    </Flex>
  );
}
