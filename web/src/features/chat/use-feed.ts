import { skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { type ApiClient, isUnauthorized } from "@/client/api";
import { backoff } from "@/client/backoff";
import { EMPTY_FEED, type Feed, type FeedInput, fold } from "@/client/fold";

export type FeedOptions = {
  readonly api: ApiClient;
  readonly token: string;
  /** Names the person and the channel. */
  readonly owner: string;
  /** Called after each change, with the feed as it is then. */
  readonly onChange: (feed: Feed) => void;
  readonly onUnauthorized: () => void;
};

export type FeedHandle = {
  readonly feed: Feed;
  /** The feed at this moment, for those who cannot wait for a render. */
  readonly current: () => Feed;
  readonly apply: (input: FeedInput) => void;
  readonly isReading: boolean;
  /** Whether the history could not be read; it is tried again all the while. */
  readonly historyFailed: boolean;
  readonly loadOlder: () => void;
  readonly isLoadingOlder: boolean;
  readonly olderFailed: boolean;
};

/** The longest wait between two tries to read the history, in milliseconds: a person looks at a hole. */
const LONGEST_RETRY_MS = 10_000;

const OLDER_PAGE = 100;

class NotWholeYet extends Error {}

/** Keeps a channel's feed in the query cache, and reads the history whenever the feed is not whole. */
export function useFeed({ api, token, owner, onChange, onUnauthorized }: FeedOptions): FeedHandle {
  const client = useQueryClient();
  const { data: feed = EMPTY_FEED } = useQuery<Feed>({
    queryKey: feedKey(owner),
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });

  const current = useCallback(() => client.getQueryData<Feed>(feedKey(owner)) ?? EMPTY_FEED, [client, owner]);
  const apply = useCallback(
    (input: FeedInput) => {
      const before = current();
      const after = fold(before, input);
      if (after === before) return;
      client.setQueryData<Feed>(feedKey(owner), after);
      onChange(after);
    },
    [client, current, owner, onChange],
  );

  const history = useQuery({
    queryKey: ["history", owner, feed.gaps], // one reading for each gap
    enabled: feed.chain.kind === "refetch",
    networkMode: "always",
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    gcTime: 0,
    retry: (_, error) => !isUnauthorized(error),
    retryDelay: (attempt) => Math.min(backoff(attempt), LONGEST_RETRY_MS),
    queryFn: async ({ signal }) => {
      const seq = current().position?.seq;
      const at = seq === undefined ? {} : { min_seq: seq };
      const answers = Promise.all([api.messages(token, at, signal), api.users(token, at, signal)]);
      const [page, people] = await answers.catch((error: unknown) => {
        if (isUnauthorized(error)) onUnauthorized();
        throw error;
      });
      apply({ kind: "history", page, people });
      if (current().chain.kind === "refetch") throw new NotWholeYet();
      return page.position;
    },
  });

  const older = useMutation({
    networkMode: "always",
    mutationFn: async () => {
      const before = current().messages[0]?.seq;
      if (before === undefined) return;
      apply({ kind: "older", page: await api.messages(token, { before, limit: OLDER_PAGE }) });
    },
  });

  return {
    feed,
    current,
    apply,
    isReading: feed.chain.kind === "refetch",
    historyFailed: feed.chain.kind === "refetch" && history.failureCount > 0,
    loadOlder: older.mutate,
    isLoadingOlder: older.isPending,
    olderFailed: older.isError,
  };
}

function feedKey(owner: string): readonly string[] {
  return ["feed", owner];
}
