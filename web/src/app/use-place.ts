import { useEffect, useMemo, useRef, useState } from "react";
import type { Channel } from "@/client/channel";
import type { Chat } from "@/client/chat";
import { channelPath, parseAddress } from "@/shared/address";
import { reasonOf } from "@/shared/refusal";
import { loadLastChannel, saveLastChannel } from "@/shared/storage";
import { useStore } from "@/shared/use-store";
import { visits } from "@/shared/visit";

/** Where the page's address leads. */
export type Place =
  | { readonly kind: "channel"; readonly channel: Channel }
  | { readonly kind: "opening"; readonly name: string }
  | { readonly kind: "refused"; readonly name: string; readonly reason: string }
  /** No channel is open, and none is named. */
  | { readonly kind: "none" };

/** Opens the channel that the address names, and the last one for an address that names none. */
export function usePlace(chat: Chat): Place {
  const visit = useStore(visits, (state) => state);
  const channels = useStore(chat, (state) => state.channels);
  const address = useMemo(() => parseAddress(visit), [visit]);
  const name = address?.channel;
  const channel = channels.find((open) => open.name === name);
  const [refusal, setRefusal] = useState<{ readonly key: number; readonly reason: string }>();
  const openedAt = useRef<number>(undefined);
  const { key } = visit;

  useEffect(() => {
    if (!channel) return;
    openedAt.current = key;
    saveLastChannel(channel.name);
  }, [channel, key]);

  useEffect(() => {
    if (name === undefined) goToLast(channels);
  }, [channels, name]);

  const isOpen = channel !== undefined;
  useEffect(() => {
    if (name === undefined || isOpen) return;
    if (openedAt.current === key) return visits.goTo("/", { replace: true }); // it was left in another page
    let isWanted = true;
    chat.join(name).then(
      (joined) => {
        if (isWanted && joined !== name) visits.goTo(channelPath(joined), { replace: true });
      },
      (error: unknown) => {
        if (isWanted) setRefusal({ key, reason: reasonOf(error) });
      },
    );
    return () => {
      isWanted = false;
    };
  }, [chat, isOpen, key, name]);

  if (channel) return { kind: "channel", channel };
  if (name === undefined) return { kind: "none" };
  return refusal?.key === key ? { kind: "refused", name, reason: refusal.reason } : { kind: "opening", name };
}

function goToLast(channels: readonly Channel[]): void {
  const last = channels.find(({ name }) => name === loadLastChannel()) ?? channels[0];
  if (last) visits.goTo(channelPath(last.name), { replace: true });
}
