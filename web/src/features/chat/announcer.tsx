import { VisuallyHidden } from "@chakra-ui/react";
import { useEffect, useRef, useState } from "react";
import type { Message } from "@/client/messages";
import { announcementOf } from "./announcement";

/** At most one announcement in this time, in milliseconds: what comes faster is merged. */
const PAUSE_MS = 1_000;

export type AnnouncerProps = {
  readonly messages: readonly Message[];
  /** Whether the list ends with the newest message of the channel; what comes otherwise is not news. */
  readonly isLive: boolean;
  readonly selfId: string;
};

/** Says to a screen reader what others say, since the rows of the list come and go while one scrolls. */
export function Announcer({ messages, isLive, selfId }: AnnouncerProps) {
  const known = useRef<number>(undefined);
  const waiting = useRef<Message[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [said, setSaid] = useState({ turn: 0, text: "" });

  useEffect(() => {
    const newest = messages[messages.length - 1]?.seq;
    if (isLive && known.current !== undefined) waiting.current.push(...cameAfter(messages, known.current, selfId));
    if (isLive) known.current = newest ?? known.current ?? 0;

    const say = (): void => {
      timer.current = undefined;
      if (waiting.current.length === 0) return;
      const text = announcementOf(waiting.current);
      waiting.current = [];
      setSaid(({ turn }) => ({ turn: turn + 1, text }));
      timer.current = setTimeout(say, PAUSE_MS);
    };
    if (timer.current === undefined) say();
  }, [messages, isLive, selfId]);

  useEffect(() => () => clearTimeout(timer.current), []);

  return (
    <VisuallyHidden aria-live="polite" aria-atomic>
      <span key={said.turn}>{said.text}</span>
    </VisuallyHidden>
  );
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
