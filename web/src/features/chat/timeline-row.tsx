import { Box } from "@chakra-ui/react";
import { memo, useLayoutEffect, useRef } from "react";
import type { User } from "@/client/frames";
import type { MentionIndex } from "@/client/mentions";
import type { Row } from "./layout";
import { MessageRow } from "./message-row";
import { DayLine, FailedState, NotesRow, UnreadLine } from "./rows";

export type TimelineRowProps = {
  readonly row: Row;
  readonly channel: string;
  readonly self: User;
  readonly mentionable: MentionIndex;
  /** Whether the unread begins here. */
  readonly isNew: boolean;
  readonly isTarget: boolean;
  readonly onTryAgain: (id: string) => void;
  readonly onDiscard: (id: string) => void;
};

/** A row with the lines that stand above it. */
export const TimelineRow = memo(function TimelineRow({ row, isNew, ...rest }: TimelineRowProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = ref.current;
    return () => {
      if (box) leaveFocusToList(box);
    };
  }, []);
  return (
    <Box ref={ref} data-row={row.key}>
      {row.beginsDay && <DayLine at={row.day} />}
      {isNew && <UnreadLine />}
      <Content row={row} {...rest} />
    </Box>
  );
});

/** A row that is scrolled away takes no focus with it: the keys go on from the list. */
function leaveFocusToList(row: HTMLElement): void {
  if (row.contains(document.activeElement)) row.closest<HTMLElement>('[role="log"]')?.focus({ preventScroll: true });
}

function Content({ row, self, onTryAgain, onDiscard, ...rest }: Omit<TimelineRowProps, "isNew">) {
  switch (row.kind) {
    case "notes":
      return <NotesRow moves={row.moves} />;
    case "pending": {
      const { at, begins, item } = row;
      const shown = { ...rest, at, begins, self, text: item.text, foldKey: row.key };
      return (
        <MessageRow {...shown} user={self} isSending={item.status === "sending"}>
          <FailedState item={item} onTryAgain={onTryAgain} onDiscard={onDiscard} />
        </MessageRow>
      );
    }
    case "message": {
      const { at, begins, message } = row;
      const { from_user, seq, text } = message;
      const shown = { ...rest, at, begins, self, text, foldKey: row.key };
      return <MessageRow {...shown} user={from_user} seq={seq} />;
    }
  }
}
