import { useEffect, useRef } from "react";
import type { Channel } from "@/client/channel";
import { mentions } from "@/client/mentions";
import type { Message } from "@/client/messages";
import { isAttended } from "@/shared/attention";
import { notificationWish } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { ArrivalWatch, type Watched } from "./arrival-watch";
import type { Notice } from "./notifier";
import { showNotification } from "./permission";

const words = texts.notifications;

/** So much of a text is shown, in UTF-16 units: no system shows more. */
const MAX_BODY = 200;

export type NotificationOptions = {
  readonly channels: readonly Channel[];
  readonly active: string | undefined;
  /** Goes to a message that somebody chose. */
  readonly onChoose: (channel: string, seq: number) => void;
};

/** Tells of messages that come while the person looks elsewhere, of those that they wish to be told of. */
export function useNotifications({ channels, active, onChoose }: NotificationOptions): void {
  const latest = useRef({ active, onChoose });
  useEffect(() => {
    latest.current = { active, onChoose };
  }, [active, onChoose]);

  const watch = useRef<ArrivalWatch>(undefined);
  useEffect(() => {
    const own = new ArrivalWatch({
      show: (notice) => show(notice, latest.current.onChoose),
      isLookedAt: (channel) => channel === latest.current.active && isAttended(),
      isWished,
    });
    watch.current = own;
    return () => own.stop();
  }, []);
  useEffect(() => watch.current?.follow(channels), [channels]);
}

function isWished(message: Message, { self }: Watched): boolean {
  const wish = notificationWish.state();
  return wish === "all" || (wish === "mentions" && mentions(message.text, self));
}

function show({ channel, last, count, names }: Notice, onChoose: NotificationOptions["onChoose"]): void {
  const title = count === 1 ? words.title(last.from_user.name, channel) : words.many(count, channel);
  const body = count === 1 ? last.text.slice(0, MAX_BODY) : words.manyBody(names.join(", ").slice(0, MAX_BODY));
  showNotification(channel, title, body, () => {
    window.focus();
    onChoose(channel, last.seq);
  });
}
