import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { type ApiClient, type Claims, type Credentials, isUnauthorized } from "@/client/api";
import { backoff } from "@/client/backoff";
import { loadAccount, type StoredAccount, saveAccount, watchAccount } from "@/shared/storage";

/** Why a person who did not leave here is signed out: the token's end, or what another tab did. */
export type SignedOut = "ended" | "leftElsewhere" | "replacedElsewhere";

export type Account =
  | { readonly kind: "signed-out"; readonly why: SignedOut | undefined }
  | { readonly kind: "checking"; readonly failed: boolean }
  | { readonly kind: "signed-in"; readonly token: string; readonly claims: Claims };

export type AccountHandle = {
  readonly account: Account;
  /** What the person entered the last time. */
  readonly remembered: Partial<Credentials>;
  readonly signedIn: (token: string, credentials: Credentials) => void;
  readonly leave: () => void;
  /** The token was refused: get another where it has but run out, else ask the person. */
  readonly tokenRefused: () => void;
  /** Asks the server whether the token is still good; false also when it cannot be asked. */
  readonly check: () => Promise<boolean>;
};

/** The longest wait between two tries to reach the server, in milliseconds: a person looks at a blank page. */
const LONGEST_RETRY_MS = 5_000;

/** Who is here, by a token that is remembered over a reload. */
export function useAccount(api: ApiClient): AccountHandle {
  const client = useQueryClient();
  const [stored, setStored] = useState(loadAccount);
  const [why, setWhy] = useState<SignedOut>();
  const token = stored?.token;

  const store = useCallback((account: StoredAccount) => {
    saveAccount(account);
    setStored(account);
  }, []);

  const whoAmI = useQuery({
    queryKey: keyOf(token),
    queryFn: ({ signal }) => api.whoAmI(token ?? "", signal),
    enabled: token !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    networkMode: "always",
    retry: (_, error) => !isUnauthorized(error),
    retryDelay: (attempt) => Math.min(backoff(attempt), LONGEST_RETRY_MS),
  });

  const forget = useCallback(
    (because: SignedOut | undefined) => {
      if (stored) {
        const rest = withoutToken(stored);
        setStored(rest);
        // Another tab may have gone on with a better token; only one who leaves takes that away too.
        if (because === undefined || loadAccount()?.token === stored.token) saveAccount(rest);
      }
      setWhy(because);
      client.clear();
    },
    [client, stored],
  );

  useEffect(
    () =>
      watchAccount((elsewhere) => {
        if (stored?.token === undefined) return;
        const because = changeOf(stored, elsewhere);
        if (because) forget(because);
      }),
    [forget, stored],
  );

  const { mutate: renew, isPending: isRenewing } = useMutation({
    mutationFn: async ({ name, email, channel }: StoredAccount) => {
      const fresh = await api.signIn({ name, email, channel });
      client.setQueryData(keyOf(fresh), await api.whoAmI(fresh)); // known at once: the page stays as it is
      return fresh;
    },
    onSuccess: (fresh, account) => {
      if (stored === account) store({ ...account, token: fresh }); // else it is no longer wanted
    },
    onError: (_, account) => {
      if (stored === account) forget("ended");
    },
    networkMode: "always",
  });

  const claims = whoAmI.data;
  const tokenRefused = useCallback(() => {
    if (isRenewing) return;
    if (stored && claims && hasRunOut(claims)) renew(stored);
    else forget("ended");
  }, [claims, forget, isRenewing, renew, stored]);

  const check = useCallback(async () => {
    if (token === undefined) return false;
    try {
      await api.whoAmI(token);
      return true;
    } catch (error) {
      if (isUnauthorized(error)) tokenRefused();
      return false;
    }
  }, [api, token, tokenRefused]);

  return {
    account: accountOf(token, claims, whoAmI.error, whoAmI.failureCount, why),
    remembered: stored ?? {},
    signedIn: useCallback((fresh, credentials) => store({ ...credentials, token: fresh }), [store]),
    leave: useCallback(() => forget(undefined), [forget]),
    tokenRefused,
    check,
  };
}

function keyOf(token: string | undefined): readonly unknown[] {
  return ["who-am-i", token];
}

function accountOf(
  token: string | undefined,
  claims: Claims | undefined,
  error: Error | null,
  failures: number,
  why: SignedOut | undefined,
): Account {
  if (token === undefined) return { kind: "signed-out", why };
  if (claims) return { kind: "signed-in", token, claims };
  if (isUnauthorized(error)) return { kind: "signed-out", why: "ended" };
  return { kind: "checking", failed: failures > 0 };
}

function withoutToken({ name, email, channel }: StoredAccount): StoredAccount {
  return { name, email, channel };
}

/** What another tab's account means to this one: nothing while it is the same person. */
function changeOf(ours: StoredAccount, elsewhere: StoredAccount | undefined): SignedOut | undefined {
  if (elsewhere?.token === undefined) return "leftElsewhere";
  return elsewhere.name === ours.name && elsewhere.email === ours.email ? undefined : "replacedElsewhere";
}

/** A minute before its end a token counts as ended: clocks differ. */
function hasRunOut({ exp }: Claims): boolean {
  return Date.now() / 1000 >= exp - 60;
}
