import { useEffect } from "react";
import type { Channel } from "@/client/channel";
import { isCommand } from "@/shared/keys";

export type Shortcuts = {
  readonly channels: readonly Channel[];
  readonly active: string | undefined;
  readonly onChannel: (name: string) => void;
  readonly onSwitcher: () => void;
};

/** The keys that work everywhere on the page. */
export function useShortcuts({ channels, active, onChannel, onSwitcher }: Shortcuts): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key.toLowerCase() === "k" && isCommand(event) && !event.altKey && !event.shiftKey) {
        event.preventDefault(); // it would go to the browser's search
        onSwitcher();
        return;
      }
      const step = event.altKey && !event.ctrlKey && !event.metaKey ? stepOf(event.key) : 0;
      if (step === 0 || isOwnKey(event.target) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      if (event.repeat) return; // held down, it would fill the browser's history
      const next = neighbour(channels, active, step, event.shiftKey);
      if (next) onChannel(next.name);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [channels, active, onChannel, onSwitcher]);
}

/** Fields that open their list with Alt and an arrow. */
function isOwnKey(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('select, input[type="datetime-local"]');
}

function stepOf(key: string): -1 | 0 | 1 {
  if (key === "ArrowUp") return -1;
  return key === "ArrowDown" ? 1 : 0;
}

/** The next channel in this direction, round the end, and if so wished only one with something unread. */
export function neighbour(
  channels: readonly Channel[],
  active: string | undefined,
  step: -1 | 1,
  unreadOnly = false,
): Channel | undefined {
  const { length } = channels;
  const at = channels.findIndex(({ name }) => name === active);
  const from = at === -1 && step === -1 ? 0 : at;
  for (let i = 1; i <= length; i++) {
    const channel = channels[(((from + step * i) % length) + length) % length];
    if (channel && channel.name !== active && (!unreadOnly || channel.state().unread.count > 0)) return channel;
  }
  return undefined;
}
