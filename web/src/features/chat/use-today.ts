import { useSyncExternalStore } from "react";

/** When the day of today began here, in milliseconds since 1970. It turns at midnight. */
export function useToday(): number {
  return useSyncExternalStore(subscribe, today);
}

function today(): number {
  return new Date().setHours(0, 0, 0, 0);
}

/** Timers stand still while a machine sleeps, so it is looked at again when somebody comes back to the page. */
function subscribe(onChange: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const look = (): void => {
    const now = new Date();
    const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1); // not every day has 24 hours
    clearTimeout(timer);
    timer = setTimeout(look, midnight.getTime() - now.getTime());
    onChange();
  };
  look();
  document.addEventListener("visibilitychange", look);
  window.addEventListener("focus", look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
    window.removeEventListener("focus", look);
  };
}
