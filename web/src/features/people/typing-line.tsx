import { Box, Text, VisuallyHidden } from "@chakra-ui/react";
import { useEffect, useRef, useState } from "react";
import type { Channel } from "@/client/channel";
import type { User } from "@/client/frames";
import { Name } from "@/shared/name";
import { texts } from "@/shared/texts";
import { useStore } from "@/shared/use-store";

const words = texts.people.typing;

/** A screen reader is told at most this often, in milliseconds: it would talk all day. */
const QUIET_MS = 30_000;

export type TypingLineProps = { readonly channel: Pick<Channel, "self" | "subscribe" | "state"> };

/** Says who is typing. */
export function TypingLine({ channel }: TypingLineProps) {
  const typists = useStore(channel, (state) => state.typists);
  const users = [...typists.values()].map(({ user }) => user).filter(({ id }) => id !== channel.self.id);
  return (
    <Box h="5" px={{ base: "4", md: "6" }} flexShrink={0}>
      {users.length > 0 && (
        <Text textStyle="xs" color="fg.muted" truncate aria-hidden>
          <TypingSentence users={users} />
        </Text>
      )}
      <Announcement text={users.length === 0 ? "" : textOf(users)} />
    </Box>
  );
}

/** Reads out that somebody begins to type, and then nothing for a while, whoever joins in or stops. */
function Announcement({ text }: { readonly text: string }) {
  const [said, setSaid] = useState("");
  const before = useRef({ text: "", at: Number.NEGATIVE_INFINITY });
  useEffect(() => {
    const { text: last, at } = before.current;
    const begins = last === "" && text !== "" && Date.now() - at >= QUIET_MS;
    before.current = { text, at: begins ? Date.now() : at };
    if (begins) setSaid(text);
    else if (text === "") setSaid("");
  }, [text]);
  return (
    <VisuallyHidden role="status" aria-label={words.label}>
      {said}
    </VisuallyHidden>
  );
}

function TypingSentence({ users }: { readonly users: readonly User[] }) {
  const names: Record<string, string | undefined> = { "{name}": users[0]?.name, "{other}": users[1]?.name };
  return sentenceFor(users)
    .split(/(\{name\}|\{other\})/)
    .map((part) => (part in names ? <Name key={part}>{names[part] ?? ""}</Name> : part));
}

function textOf(users: readonly User[]): string {
  return sentenceFor(users)
    .replace("{name}", () => users[0]?.name ?? "")
    .replace("{other}", () => users[1]?.name ?? "");
}

function sentenceFor({ length }: readonly User[]): string {
  if (length > 2) return words.several;
  return length === 2 ? words.two : words.one;
}
