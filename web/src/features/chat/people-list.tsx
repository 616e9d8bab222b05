import { Box, Flex, Heading, Text } from "@chakra-ui/react";
import { useMemo } from "react";
import type { User } from "@/client/frames";
import type { People } from "@/client/people";
import { Avatar } from "@/shared/avatar";
import { texts } from "@/shared/texts";

const words = texts.people;

/** More people than this are counted, not listed. */
const LISTED = 300;

const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

export type PeopleListProps = { readonly id: string; readonly people: People; readonly self: User };

/** How many are here, those whom the server did not name included. */
export function countOf({ total, byId }: People): number {
  return total ?? byId.size;
}

/** Who is here now, each once. */
export function PeopleList({ id, people, self }: PeopleListProps) {
  const users = useMemo(() => sorted(people), [people]);
  const more = countOf(people) - Math.min(users.length, LISTED);
  return (
    <Flex as="section" id={id} aria-label={words.title} direction="column" minH="0" h="full">
      <Heading as="h2" size="sm" px="5" pt="4" pb="2" display="flex" alignItems="baseline" gap="2">
        {words.title}
        <Text as="span" textStyle="xs" color="fg.muted" fontWeight="normal" fontVariantNumeric="tabular-nums">
          {countOf(people)}
        </Text>
      </Heading>
      <Box as="ul" aria-label={words.title} listStyleType="none" overflowY="auto" flex="1" minH="0" px="3" pb="3">
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

function sorted(people: People): readonly User[] {
  return [...people.byId.values()].map((person) => person.user).sort((a, b) => byName.compare(a.name, b.name));
}
