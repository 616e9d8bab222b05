/** Whether a key is pressed as a shortcut. On Apple's machines Ctrl moves the caret, and Cmd is for shortcuts. */
export function isCommand({ ctrlKey, metaKey }: Pick<KeyboardEvent, "ctrlKey" | "metaKey">): boolean {
  return /^(?:Mac|iP)/.test(navigator.platform) ? metaKey && !ctrlKey : ctrlKey && !metaKey;
}
