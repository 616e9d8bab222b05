import { useEffect, useRef } from "react";
import type { Channel } from "@/client/channel";
import { mentions } from "@/client/mentions";
import type { Message } from "@/client/messages";
import { notificationWish } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { type Notice, Notifier } from "./notifier";
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
  const looked = useRef(active);
  useEffect(() => {
    looked.current = active;
  }, [active]);

  useEffect(() => {
    const readTo = new Map(channels.map((channel) => [channel.name, () => channel.state().readTo ?? 0]));
    const notifier = new Notifier({
      isRead: (channel, seq) => seq <= (readTo.get(channel)?.() ?? Number.POSITIVE_INFINITY),
      show: (notice) => show(notice, onChoose),
    });
    const ends = channels.map((channel) =>
      channel.onArrival((messages) => {
        if (channel.name === looked.current && isAttended()) return;
        notifier.add(
          channel.name,
          messages.filter((message) => isWished(message, channel)),
        );
      }),
    );
    return () => {
      notifier.stop();
      for (const end of ends) end();
    };
  }, [channels, onChoose]);
}

function isAttended(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

function isWished(message: Message, { self }: Channel): boolean {
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
