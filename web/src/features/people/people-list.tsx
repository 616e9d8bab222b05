import { Box, Flex, Heading, Text } from "@chakra-ui/react";
import { useMemo } from "react";
import type { User } from "@/client/frames";
import { Avatar } from "@/shared/avatar";
import { texts } from "@/shared/texts";

const words = texts.people;

/** More people than this are counted, not listed. */
const LISTED = 300;

const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

export type PeopleListProps = {
  readonly title: string;
  /** Each once, in any order. */
  readonly people: readonly User[];
  /** How many there are, those whom the server did not name included. */
  readonly total: number;
  readonly self: User;
};

/** Who is here, or who was. */
export function PeopleList({ title, people, total, self }: PeopleListProps) {
  const users = useMemo(() => people.toSorted((a, b) => byName.compare(a.name, b.name)), [people]);
  const more = total - Math.min(users.length, LISTED);
  return (
    <Flex as="section" aria-label={title} direction="column" minH="0" flex="1">
      <Heading as="h2" size="sm" px="5" pt="4" pb="2" display="flex" alignItems="baseline" gap="2">
        {title}
        <Text as="span" textStyle="xs" color="fg.muted" fontWeight="normal" fontVariantNumeric="tabular-nums">
          {total}
        </Text>
      </Heading>
      <Box
        as="ul"
        aria-label={title}
        tabIndex={0}
        focusRing="inside"
        listStyleType="none"
        overflowY="auto"
        flex="1"
        minH="0"
        px="3"
        pb="3"
      >
        {users.slice(0, LISTED).map((user) => (
          <Flex as="li" key={user.id} align="center" gap="2.5" px="2" py="1.5" rounded="md">
            <Avatar user={user} size="7" />
            <Text as="bdi" truncate textStyle="sm">
              {user.name}
            </Text>
            {user.id === self.id && (
              <Text textStyle="xs" color="fg.muted" flexShrink={0}>
                {texts.chat.you}
              </Text>
            )}
          </Flex>
        ))}
        {more > 0 && (
          <Text as="li" textStyle="sm" color="fg.muted" px="2" py="1.5">
            {words.more(more)}
          </Text>
        )}
      </Box>
    </Flex>
  );
}
