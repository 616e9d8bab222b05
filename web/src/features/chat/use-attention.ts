import { useSyncExternalStore } from "react";

/** Whether somebody looks at the page, as far as it can tell: it is in sight, and has the keys. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, isAttended);
}

function isAttended(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("focus", onChange);
  window.addEventListener("blur", onChange);
  document.addEventListener("visibilitychange", onChange);
  return () => {
    window.removeEventListener("focus", onChange);
    window.removeEventListener("blur", onChange);
    document.removeEventListener("visibilitychange", onChange);
  };
}
