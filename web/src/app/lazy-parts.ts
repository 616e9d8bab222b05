import { preloadMarkdown } from "@/shared/rich-text/markdown-part";

/** Is wanted at the press of a key, and not for the first picture. */
export const loadSwitcher = () => import("@/features/switcher/switcher");

/** Is wanted by who is not signed in, or no longer. */
export const loadSignIn = () => import("@/features/sign-in/sign-in-form");

/** Is wanted by who looks back in time. */
export const loadTimeTravel = () => import("./time-travel");

/** Fetches what will likely be wanted, when there is nothing else to do. What cannot be had now, is asked for when it is wanted. */
export function preload(): void {
  void preloadMarkdown();
  for (const load of [loadSwitcher, loadTimeTravel, loadSignIn]) load().catch(() => undefined);
}
