import { Box, Button, Flex, Text } from "@chakra-ui/react";
import { Fragment, type MouseEvent } from "react";
import type { User } from "@/client/frames";
import type { Pending } from "@/client/outbox";
import { Names, Sentence } from "@/shared/name";
import { texts } from "@/shared/texts";
import { dayKey, dayName } from "@/shared/time";
import { whyNotSent } from "./announcement";
import type { Move } from "./layout";
import { leaveFocus } from "./leave-focus";
import { useToday } from "./use-today";

const words = texts.chat;

/** So many names are said of those who came or went together. */
const NAMES_SAID = 4;

/** Of more than these no names are said, but how many they are. */
const MOST_NAMED = 8;

/** The line above the first row of a day. */
export function DayLine({ at }: { readonly at: number }) {
  const name = dayTitle(at, useToday());
  return (
    <Flex align="center" gap="3" px={{ base: "4", md: "6" }} pt="5" pb="1" role="separator" aria-label={name}>
      <Flex flex="1" borderTopWidth="1px" />
      <Text textStyle="xs" fontWeight="medium" color="fg.muted">
        {name}
      </Text>
      <Flex flex="1" borderTopWidth="1px" />
    </Flex>
  );
}

/** The line above the first message that was not read. */
export function UnreadLine() {
  return (
    <Flex align="center" gap="2" px={{ base: "4", md: "6" }} pt="2" role="separator" aria-label={words.unreadLine}>
      <Flex flex="1" borderTopWidth="1px" borderColor="red.solid" />
      <Text textStyle="xs" fontWeight="semibold" color="red.fg">
        {words.unread}
      </Text>
    </Flex>
  );
}

/** What the day of a time is called, seen from the day that began at `today`. */
export function dayTitle(time: number, today: number): string {
  const at = new Date(time);
  const now = new Date(today);
  if (dayKey(at) === dayKey(now)) return words.today;
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1); // not every day has 24 hours
  return dayKey(at) === dayKey(yesterday) ? words.yesterday : dayName(at, now);
}

const MOVES = ["joined", "returned", "left"] as const satisfies readonly Move["to"][];

/** Who came and who went, each once. */
export function NotesRow({ moves }: { readonly moves: readonly Move[] }) {
  const parts = MOVES.map((to) => ({ to, users: moves.filter((move) => move.to === to).map(({ user }) => user) }));
  return (
    <Flex gap="3" px={{ base: "4", md: "6" }} pt="2" textStyle="xs" color="fg.muted">
      <Box w="9" flexShrink={0} aria-hidden />
      <Text minW="0" overflowWrap="anywhere">
        {parts
          .filter(({ users }) => users.length > 0)
          .map(({ to, users }, i) => (
            <Fragment key={to}>
              {i > 0 && " · "}
              <Sentence of={words[to]} name={<Who users={users} />} />
            </Fragment>
          ))}
      </Text>
    </Flex>
  );
}

function Who({ users }: { readonly users: readonly User[] }) {
  if (users.length > MOST_NAMED) return words.people(users.length);
  return <Names names={users} most={NAMES_SAID} others={words.andOthers} />;
}

export type FailedStateProps = {
  readonly item: Pending;
  readonly onTryAgain: (id: string) => void;
  readonly onDiscard: (id: string) => void;
};

/** Why a message was not sent, and what a person can do about it. It speaks to no screen reader by itself: the announcer does, once. */
export function FailedState({ item, onTryAgain, onDiscard }: FailedStateProps) {
  if (item.status !== "failed") return null;
  const tryAgain = ({ currentTarget }: MouseEvent<HTMLElement>): void => {
    leaveFocus(currentTarget, currentTarget.closest("article"));
    onTryAgain(item.id);
  };
  return (
    <Flex align="center" wrap="wrap" gap="2" mt="1">
      <Text textStyle="xs" color="fg.error">
        {whyNotSent(item)}
      </Text>
      <Button size="2xs" variant="outline" onClick={tryAgain}>
        {words.tryAgain}
      </Button>
      <Button size="2xs" variant="ghost" onClick={() => onDiscard(item.id)}>
        {words.discard}
      </Button>
    </Flex>
  );
}
