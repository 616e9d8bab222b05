import { Text } from "@chakra-ui/react";
import { createContext, Fragment, use, useMemo } from "react";
import type { MentionIndex } from "@/client/mentions";

/** So many mentions of one text are marked; more would only be there to make a page slow. */
const MAX_MARKS = 100;

/** Who can be mentioned, and who reads. */
export type Mentioning = { readonly mentionable: MentionIndex; readonly selfId: string };

/** A context, so that a text need not be parsed again when people come and go. */
export const MentioningContext = createContext<Mentioning | undefined>(undefined);

/** A text with its mentions marked: softly, and the reader's own strongly. */
export function MentionText({ children: text }: { readonly children: string }) {
  const mentioning = use(MentioningContext);
  const found = useMemo(() => mentioning?.mentionable.find(text).slice(0, MAX_MARKS) ?? [], [mentioning, text]);
  if (found.length === 0) return text;
  return (
    <>
      {found.map(({ start, end, userIds }, i) => (
        <Fragment key={start}>
          {text.slice(found[i - 1]?.end ?? 0, start)}
          <Mark isSelf={mentioning !== undefined && userIds.includes(mentioning.selfId)}>{text.slice(start, end)}</Mark>
        </Fragment>
      ))}
      {text.slice(found.at(-1)?.end ?? 0)}
    </>
  );
}

function Mark({ isSelf, children }: { readonly isSelf: boolean; readonly children: string }) {
  return (
    <Text
      as="mark"
      dir="auto"
      rounded="sm"
      px="0.5"
      fontWeight={isSelf ? "semibold" : "medium"}
      bg={isSelf ? "teal.fg" : "teal.subtle"} // its solid and contrast are too near to each other
      color={isSelf ? "bg" : "teal.fg"}
      data-self={isSelf || undefined}
    >
      {children}
    </Text>
  );
}
