import { Box } from "@chakra-ui/react";
import { memo, useLayoutEffect, useRef } from "react";
import type { User } from "@/client/frames";
import { MentionIndex } from "@/client/mentions";
import type { Row } from "./layout";
import { MessageRow } from "./message-row";
import { DayLine, FailedState, NotesRow, UnreadLine } from "./rows";
import { rowAt } from "./timeline";
import type { ListContext } from "./use-list-context";

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

/** For rows that mention nobody: they need not be shown anew when others can be mentioned. */
const NOBODY = new MentionIndex([]);

/** Shows the row at an index, if there is one. */
export function renderRow(index: number, _: unknown, { timeline, newFrom, standsOut, shared }: RowContext) {
  const row = rowAt(timeline, index);
  if (!row) return null;
  const isNew = newFrom !== undefined && row.kind === "message" && row.message.seq === newFrom;
  const mentionable = mayMention(row) ? shared.mentionable : NOBODY;
  return <TimelineRow row={row} isNew={isNew} isTarget={row.key === standsOut} {...shared} mentionable={mentionable} />;
}

type RowContext = Pick<ListContext, "timeline" | "newFrom" | "standsOut" | "shared">;

function mayMention(row: Row): boolean {
  if (row.kind === "notes") return false;
  return (row.kind === "message" ? row.message : row.item).text.includes("@");
}

/** A row with the lines that stand above it. */
const TimelineRow = memo(function TimelineRow({ row, isNew, ...rest }: TimelineRowProps) {
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
