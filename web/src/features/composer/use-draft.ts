import { useCallback, useState } from "react";
import { loadDraft, saveDraft } from "@/shared/storage";

/** What a person is writing. It outlives the page: `owner` names the person and the channel. */
export function useDraft(owner: string): readonly [draft: string, setDraft: (text: string) => void] {
  const [draft, setDraft] = useState(() => loadDraft(owner));
  const change = useCallback(
    (text: string) => {
      setDraft(text);
      saveDraft(owner, text);
    },
    [owner],
  );
  return [draft, change];
}
