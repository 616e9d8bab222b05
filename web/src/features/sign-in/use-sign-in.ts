import { startTransition, useActionState, useState } from "react";
import { ApiError, type Credentials } from "@/client/api";
import { type CredentialName, faultyFields } from "@/client/credential-rules";
import { reasonOf } from "@/shared/refusal";
import { texts } from "@/shared/texts";

const words = texts.signIn;

/** What is wrong, field by field, or with none of them in particular. */
export type SignInFaults = Readonly<Partial<Record<CredentialName | "form", string>>>;

/** Signs in. Rejects with ApiError. */
export type SignInWith = (credentials: Credentials) => Promise<void>;

/** The codes of the server that speak of one field. */
const FIELD_OF_CODE: Readonly<Record<string, CredentialName>> = {
  invalid_name: "name",
  invalid_email: "email",
  invalid_channel: "channel",
};

export type SignIn = {
  /** Asks the server; when it would surely refuse, returns the first field that is to be mended instead. */
  readonly submit: (credentials: Credentials) => CredentialName | undefined;
  readonly isPending: boolean;
  readonly faults: SignInFaults;
};

/** Signs in with a name, an email and a channel. */
export function useSignIn(signIn: SignInWith): SignIn {
  const [faulty, setFaulty] = useState<readonly CredentialName[]>([]);
  const [refused, ask, isPending] = useActionState(
    (_: SignInFaults, credentials: Credentials): Promise<SignInFaults> =>
      signIn(credentials).then(() => ({}), faultsOf),
    {},
  );
  const submit = (credentials: Credentials): CredentialName | undefined => {
    const found = faultyFields(credentials);
    setFaulty(found);
    if (found.length === 0) startTransition(() => ask(credentials));
    return found[0];
  };
  const own = Object.fromEntries(faulty.map((field) => [field, words.faults[field]]));
  return { submit, isPending, faults: faulty.length > 0 ? own : isPending ? {} : refused };
}

function faultsOf(error: unknown): SignInFaults {
  const field = error instanceof ApiError ? FIELD_OF_CODE[error.code] : undefined;
  return { [field ?? "form"]: reasonOf(error) };
}
