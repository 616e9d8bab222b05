import { useCallback, useEffect, useRef } from "react";
import type { ApiClient, Claims } from "@/client/api";
import type { AfterClose } from "@/client/close-codes";
import type { Feed } from "@/client/fold";
import type { Frame } from "@/client/frames";
import { hasMessage } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import type { Sender } from "@/client/sender";
import { channelUrl } from "@/client/session";
import { type FeedHandle, useFeed } from "@/features/chat/use-feed";
import { useSender } from "@/features/chat/use-sender";
import { type Connection, useConnection } from "@/features/connection/use-connection";
import { forgetWriting } from "@/shared/storage";
import { texts } from "@/shared/texts";
import type { AccountHandle } from "./use-account";
import { useSession } from "./use-session";

export type ChannelOptions = {
  readonly api: ApiClient;
  readonly token: string;
  readonly claims: Claims;
  readonly accountHandle: AccountHandle;
};

export type Channel = {
  readonly handle: FeedHandle;
  readonly connection: Connection;
  readonly pending: readonly Pending[];
  readonly sender: Sender;
  readonly leave: () => void;
};

/**
 * A server that takes the token but refuses the socket so often in a row,
 * refuses the session. A browser does not tell; a starting server refuses too.
 */
const REFUSALS_OF_SESSION = 6;

/** Joins what the features do: the feed of a channel, its socket, and what is to be sent. */
export function useChannel({ api, token, claims, accountHandle }: ChannelOptions): Channel {
  const { tokenRefused, check } = accountHandle;
  const { user, channel } = claims;
  const owner = ownerOf(claims);
  const session = useSession(owner);
  const refusals = useRef(0);
  const { sender, pending } = useSender(owner);

  const settle = useCallback(
    ({ messages, position }: Feed) => {
      const seen = position?.seq ?? 0;
      sender.settle(({ id, seq }) => (seq !== undefined && seq <= seen) || hasMessage(messages, user.id, id));
    },
    [sender, user.id],
  );
  const handle = useFeed({ api, token, owner, onChange: settle, onUnauthorized: tokenRefused });
  const { feed, current, apply } = handle;

  const onFrames = (frames: readonly Frame[]): void => {
    apply({ kind: "frames", frames });
    for (const frame of frames) {
      if (frame.type === "hello") session.current = frame.session;
      if (frame.type === "hello" || frame.type === "reset") {
        refusals.current = 0;
        sender.connected({ transmit: connection.transmit, onStalled: connection.cut });
      }
      if (frame.type === "ack" || frame.type === "error") sender.answered(frame);
    }
    settle(current());
  };

  const onClosed = (after: AfterClose): void => {
    sender.disconnected(after.kind === "halt" ? texts.composer.refused : undefined);
    if (after.kind === "renew") tokenRefused();
  };

  const onRefused = async (): Promise<void> => {
    if (!(await check())) return;
    refusals.current++;
    if (refusals.current >= REFUSALS_OF_SESSION) session.current = undefined;
  };

  const connection = useConnection({
    enabled: feed.position !== undefined || handle.historyFailed,
    url: () => channelUrl({ origin: location.origin, token, after: current().position, session: session.current }),
    probe: () => ({ type: "auth", token }),
    onFrames,
    onClosed,
    onRefused: () => void onRefused(),
  });

  const { renewed } = connection;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new token is what makes a new socket possible
  useEffect(renewed, [token, renewed]);

  useTitle(`#${channel}`);

  const leave = (): void => {
    forgetWriting(owner);
    accountHandle.leave();
  };
  return { handle, connection, pending, sender, leave };
}

/** Names the person and the channel: what is kept for one is not shown to another. */
export function ownerOf({ user, channel }: Claims): string {
  return `${user.id} ${channel}`;
}

function useTitle(title: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = `${title} · ${texts.product}`;
    return () => {
      document.title = before;
    };
  }, [title]);
}
