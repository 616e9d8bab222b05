import { useMutation } from "@tanstack/react-query";
import { type ApiClient, ApiError, CODE_NETWORK, type Credentials } from "@/client/api";
import { texts } from "@/shared/texts";

export type FieldName = keyof Credentials;

export type SignInFault = { readonly field: FieldName | undefined; readonly message: string };

/** The codes of the server that speak of one field. */
const FIELD_OF_CODE: Readonly<Record<string, FieldName>> = {
  invalid_name: "name",
  invalid_email: "email",
  invalid_channel: "channel",
};

export type SignIn = {
  readonly submit: (credentials: Credentials) => void;
  readonly isPending: boolean;
  readonly fault: SignInFault | undefined;
};

/** Gets a token for a name, an email and a channel. */
export function useSignIn(api: ApiClient, onToken: (token: string, credentials: Credentials) => void): SignIn {
  const { mutate, isPending, error } = useMutation({
    mutationFn: (credentials: Credentials) => api.signIn(credentials),
    onSuccess: (token, credentials) => onToken(token, credentials),
    networkMode: "always",
  });
  return { submit: mutate, isPending, fault: error ? faultOf(error) : undefined };
}

function faultOf(error: Error): SignInFault {
  if (!(error instanceof ApiError)) return { field: undefined, message: texts.signIn.unreachable };
  if (error.code === CODE_NETWORK) return { field: undefined, message: texts.signIn.unreachable };
  return { field: FIELD_OF_CODE[error.code], message: error.message };
}
