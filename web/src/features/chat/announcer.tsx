import { VisuallyHidden } from "@chakra-ui/react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import { announcementOf, failureOf } from "./announcement";

/** At most one announcement of a kind in this time, in milliseconds: what comes faster is merged. */
const PAUSE_MS = 1_000;

/** The failures that were said: an item stays the same for as long as it has failed, also while its channel is not shown. */
const saidFailures = new WeakSet<Pending>();

export type AnnouncerProps = {
  readonly messages: readonly Message[];
  readonly pending: readonly Pending[];
  /** Whether the list ends with the newest message of the channel; what comes otherwise is not news. */
  readonly isLive: boolean;
  readonly selfId: string;
};

/** Says to a screen reader what others say and what was not sent, since the rows of the list come and go while one scrolls. */
export function Announcer({ messages, pending, isLive, selfId }: AnnouncerProps) {
  const known = useRef<number>(undefined);
  const [came, sayMessages] = useSpeech(announcementOf);
  const [failure, sayFailures] = useSpeech(failureOf);

  useEffect(() => {
    if (!isLive) return;
    if (known.current !== undefined) sayMessages(cameAfter(messages, known.current, selfId));
    known.current = messages[messages.length - 1]?.seq ?? known.current ?? 0;
  }, [messages, isLive, selfId, sayMessages]);

  useEffect(() => {
    const failed = pending.filter((item) => item.status === "failed" && !saidFailures.has(item));
    for (const item of failed) saidFailures.add(item);
    sayFailures(failed);
  }, [pending, sayFailures]);

  return (
    <>
      <VisuallyHidden aria-live="polite" aria-atomic>
        <span key={came.turn}>{came.text}</span>
      </VisuallyHidden>
      <VisuallyHidden role="alert">
        <span key={failure.turn}>{failure.text}</span>
      </VisuallyHidden>
    </>
  );
}

/** What is said now; another turn may say the same again. */
type Said = { readonly turn: number; readonly text: string };

/** Says things one after the other, with a pause. `textOf` must stay the same function. */
function useSpeech<Item>(textOf: (items: readonly Item[]) => string): [Said, (items: readonly Item[]) => void] {
  const waiting = useRef<readonly Item[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [said, setSaid] = useState<Said>({ turn: 0, text: "" });

  const say = useCallback(
    (items: readonly Item[]) => {
      const speak = (): void => {
        timer.current = undefined;
        if (waiting.current.length === 0) return;
        const text = textOf(waiting.current);
        waiting.current = [];
        setSaid(({ turn }) => ({ turn: turn + 1, text }));
        timer.current = setTimeout(speak, PAUSE_MS);
      };
      waiting.current = [...waiting.current, ...items];
      if (timer.current === undefined) speak();
    },
    [textOf],
  );
  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, []);
  return [said, say];
}

function cameAfter(messages: readonly Message[], seq: number, selfId: string): readonly Message[] {
  const came: Message[] = [];
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (!message || message.seq <= seq) break;
    if (message.from_user.id !== selfId) came.unshift(message);
  }
  return came;
}
