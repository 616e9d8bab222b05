import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiClient, ApiError, CODE_NETWORK, type Credentials } from "@/client/api";
import { type CredentialName, faultyFields } from "@/client/credential-rules";
import { texts } from "@/shared/texts";

const words = texts.signIn;

/** What is wrong, field by field, or with none of them in particular. */
export type SignInFaults = Readonly<Partial<Record<CredentialName | "form", string>>>;

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

/** Gets a token for a name, an email and a channel. */
export function useSignIn(api: ApiClient, onToken: (token: string, credentials: Credentials) => void): SignIn {
  const [faulty, setFaulty] = useState<readonly CredentialName[]>([]);
  const { mutate, reset, isPending, error } = useMutation({
    mutationFn: (credentials: Credentials) => api.signIn(credentials),
    onSuccess: (token, credentials) => onToken(token, credentials),
    networkMode: "always",
  });
  const submit = (credentials: Credentials): CredentialName | undefined => {
    const found = faultyFields(credentials);
    setFaulty(found);
    if (found.length === 0) mutate(credentials);
    else reset();
    return found[0];
  };
  const own = Object.fromEntries(faulty.map((field) => [field, words.faults[field]]));
  return { submit, isPending, faults: error ? faultsOf(error) : own };
}

function faultsOf(error: Error): SignInFaults {
  if (!(error instanceof ApiError) || error.code === CODE_NETWORK) return { form: words.unreachable };
  return { [FIELD_OF_CODE[error.code] ?? "form"]: error.message };
}
