import { Box, Text } from "@chakra-ui/react";
import type { Channel } from "@/client/channel";
import type { User } from "@/client/frames";
import { Name } from "@/shared/name";
import { texts } from "@/shared/texts";
import { useStore } from "@/shared/use-store";

const words = texts.people.typing;

/** Says who is typing. To a screen reader it is but a line that can be read: as news it would talk all day. */
export function TypingLine({ channel }: { readonly channel: Channel }) {
  const typists = useStore(channel, (state) => state.typists);
  const users = [...typists.values()].map(({ user }) => user).filter(({ id }) => id !== channel.self.id);
  return (
    <Box h="5" px={{ base: "4", md: "6" }} flexShrink={0} aria-live="off">
      {users.length > 0 && (
        <Text textStyle="xs" color="fg.muted" truncate data-typing>
          <TypingSentence users={users} />
        </Text>
      )}
    </Box>
  );
}

function TypingSentence({ users }: { readonly users: readonly User[] }) {
  const [first, second, third] = users;
  if (!first || third) return words.several;
  const sentence = second ? words.two : words.one;
  return sentence
    .split(/(\{name\}|\{other\})/)
    .map((part) =>
      part === "{name}" ? (
        <Name key={part}>{first.name}</Name>
      ) : part === "{other}" ? (
        <Name key={part}>{second?.name ?? ""}</Name>
      ) : (
        part
      ),
    );
}
