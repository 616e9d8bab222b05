import type { KeyboardEvent } from "react";
import { isCommand } from "@/shared/keys";
import { isTouchFirst } from "@/shared/pointer";
import type { Format } from "./formatting";

const FORMATS: Readonly<Record<string, Format>> = { b: "bold", i: "italic", e: "code" };

/** An input method that is choosing characters owns all keys. Safari tells of its last one by the code alone. */
export function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || nativeEvent.keyCode === 229;
}

/** The format that a shortcut asks for. */
export function formatOf(event: KeyboardEvent): Format | undefined {
  if (event.altKey || event.shiftKey || !isCommand(event)) return undefined;
  return FORMATS[event.key.toLowerCase()];
}

/** Enter sends, except where keys are drawn on the screen: there one has no Shift, and a button. */
export function isSendKey(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" || event.shiftKey || event.altKey) return false;
  return isCommand(event) || !isTouchFirst();
}
