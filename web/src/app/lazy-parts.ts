import { preloadMarkdown } from "@/shared/rich-text/markdown-part";

/** Is wanted at the press of a key, and not for the first picture. */
export const loadSwitcher = () => import("@/features/switcher/switcher");

/** Fetches what will likely be wanted, when there is nothing else to do. What cannot be had now, is asked for when it is wanted. */
export function preload(): void {
  void preloadMarkdown();
  loadSwitcher().catch(() => undefined);
}
