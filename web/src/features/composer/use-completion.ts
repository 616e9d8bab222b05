import { useMemo, useState } from "react";
import type { User } from "@/client/frames";
import { useShortcodes } from "@/shared/emoji/use-shortcodes";
import { type Completion, completionAt, triggerAt } from "./completion";
import { mayHoldShortcodes } from "./shortcode-text";

export type CompletionOptions = {
  readonly text: string;
  /** Undefined where there is none: something is selected, or one is not in the box. */
  readonly caret: number | undefined;
  readonly people: readonly User[];
};

export type CompletionHandle = {
  readonly completion: Completion | undefined;
  /** Which option Enter would choose. */
  readonly active: number;
  readonly setActive: (index: number) => void;
  /** Goes on by so many options, round and round. */
  readonly move: (by: number) => void;
  /** Closes the list until another word begins. */
  readonly dismiss: () => void;
};

/** The completion of the word at the caret. It loads the shortcodes as soon as the text may have a use for them. */
export function useCompletion({ text, caret, people }: CompletionOptions): CompletionHandle {
  const trigger = useMemo(() => (caret === undefined ? undefined : triggerAt(text, caret)), [text, caret]);
  const shortcodes = useShortcodes(trigger?.kind === "emoji" || mayHoldShortcodes(text));
  const found = useMemo(
    () => (trigger && caret !== undefined ? completionAt(text, caret, { people, shortcodes }) : undefined),
    [text, caret, trigger, people, shortcodes],
  );
  const word = trigger && `${trigger.kind} ${trigger.start}`;
  const query = word && `${word} ${trigger.query}`;

  const [dismissed, setDismissed] = useState<string>();
  if (dismissed !== undefined && dismissed !== word) setDismissed(undefined);
  const [chosen, setChosen] = useState<{ readonly query: string | undefined; readonly index: number }>();

  const completion = dismissed === word ? undefined : found;
  const count = completion?.options.length ?? 0;
  const active = chosen?.query === query ? Math.min(chosen?.index ?? 0, count - 1) : 0;
  const setActive = (index: number): void => setChosen({ query, index });
  return {
    completion,
    active,
    setActive,
    move: (by) => setActive((active + by + count) % count),
    dismiss: () => setDismissed(word),
  };
}
