import { useCallback, useState } from "react";
import type { Channel } from "@/client/channel";
import { useFolded } from "@/shared/use-folded";
import { useStore } from "@/shared/use-store";
import { type Known, know, knownTo, type Mentionable } from "./mentionable";

/** Who can be mentioned in the channel. It stays the same, whoever comes and goes, until somebody new is there. */
export function useMentionable(channel: Channel): Mentionable {
  const present = useStore(channel, (state) => state.feed.people.byId);
  const messages = useStore(channel, (state) => state.feed.messages);
  const [nobody] = useState(() => knownTo(channel.self));
  const step = useCallback((before: Known) => know(before, { present, messages }), [present, messages]);
  return useFolded(nobody, step).mentionable;
}
