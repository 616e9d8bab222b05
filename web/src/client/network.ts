/**
 * What a browser says of itself. Elsewhere nothing is ever said: the timers of the connection find out by
 * themselves, only later.
 */
export type NetworkListener = { readonly online: () => void; readonly offline: () => void };

/** Calls the listener when the network comes or goes. Returns what ends it. */
export function onNetworkChange({ online, offline }: NetworkListener): () => void {
  if (typeof window === "undefined") return () => {};
  window.addEventListener("online", online);
  window.addEventListener("offline", offline);
  return () => {
    window.removeEventListener("online", online);
    window.removeEventListener("offline", offline);
  };
}

/** Calls the listener when the page goes, maybe for ever. Returns what ends it. */
export function onPageHide(listener: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  window.addEventListener("pagehide", listener);
  return () => window.removeEventListener("pagehide", listener);
}

/** Calls the listener when the browser brings a page back that it had put away: nobody told it what happened meanwhile. Returns what ends it. */
export function onPageBack(listener: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  const onShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) listener();
  };
  window.addEventListener("pageshow", onShow);
  return () => window.removeEventListener("pageshow", onShow);
}

/** Calls the listener when the page is looked at again. Returns what ends it. */
export function onVisible(listener: () => void): () => void {
  if (typeof document === "undefined") return () => {};
  const onChange = (): void => {
    if (document.visibilityState === "visible") listener();
  };
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}
