import { useState } from "react";
import { Choice } from "@/shared/choice";
import { notificationWish } from "@/shared/storage";
import { texts } from "@/shared/texts";
import { useStore } from "@/shared/use-store";
import { canNotify } from "./permission";

const words = texts.notifications;

type Wish = (typeof notificationWish.values)[number];

/** What the person wants to be told of. The browser asks for its permission when they first want it, and never before. */
export function NotificationChoice() {
  const wish = useStore(notificationWish, (state) => state);
  const [isDenied, setDenied] = useState(false);
  if (!canNotify()) return null;

  const choose = async (wanted: Wish): Promise<void> => {
    const permission = wanted === "off" ? "default" : await Notification.requestPermission();
    setDenied(permission === "denied");
    notificationWish.set(permission === "granted" ? wanted : "off");
  };
  const isAllowed = Notification.permission === "granted"; // which the person can take back at any time
  return (
    <Choice
      label={words.label}
      value={isAllowed ? wish : "off"}
      options={notificationWish.values.map((value) => [value, words[value]])}
      onChange={(wanted) => void choose(wanted)}
    >
      {isDenied && words.denied}
    </Choice>
  );
}
