import { useSyncExternalStore } from "react";
import { isAttended } from "@/shared/attention";

/** Whether somebody looks at the page, now and later. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, isAttended);
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
