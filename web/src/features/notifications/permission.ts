import { notificationWish } from "@/shared/storage";

/** Whether a page can show notifications here at all: not without TLS, and not in every browser. */
export function canNotify(): boolean {
  return typeof Notification === "function" && window.isSecureContext;
}

/** Shows a notification; `onClick` is called when it is chosen. A channel has one at a time, and each makes itself heard. */
export function showNotification(channel: string, title: string, body: string, onClick: () => void): void {
  if (!canNotify() || Notification.permission !== "granted") return;
  try {
    const options = { body, tag: `chitchat ${channel}`, icon: "/favicon.svg", renotify: true };
    const notification = new Notification(title, options);
    notification.onclick = () => {
      notification.close();
      onClick();
    };
  } catch {
    notificationWish.set("off"); // Chrome on Android shows them for service workers alone: the choice says so
  }
}
