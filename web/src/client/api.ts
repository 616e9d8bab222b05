import type { components } from "./api.gen";

type Schemas = components["schemas"];

export type Claims = Schemas["Claims"];
export type MessagesPage = Schemas["MessagePage"];
export type UsersPage = Schemas["Roster"];

export type Credentials = Readonly<Required<Schemas["SignIn"]>>;

export type MessagesQuery = {
  readonly limit?: number;
  readonly before?: number;
  readonly after?: number;
  /** Wait, for a moment, until the server has read its log up to here. */
  readonly min_seq?: number;
  /** The channel as it was then: RFC 3339, or a sequence. */
  readonly at?: string;
};

/** The codes that this client itself gives, beside the server's. */
export const CODE_NETWORK = "network";
export const CODE_UNREADABLE = "unreadable";

/** A refusal by the server, or that it could not be reached (`network`, status 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** The token is not, or no longer, good. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** No answer may take longer than this, in milliseconds: a line that is cut says nothing. */
const TIMEOUT_MS = 15_000;

/** The calls of the HTTP interface. Each throws ApiError. */
export class ApiClient {
  constructor(
    private readonly origin: string = "",
    private readonly fetcher: typeof fetch = (...call) => fetch(...call),
  ) {}

  async signIn(credentials: Credentials): Promise<string> {
    const { token } = await this.call<Schemas["Token"]>("/auth", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials),
    });
    return token;
  }

  whoAmI(token: string, signal?: AbortSignal): Promise<Claims> {
    return this.get("/auth", token, {}, signal);
  }

  messages(token: string, query: MessagesQuery = {}, signal?: AbortSignal): Promise<MessagesPage> {
    return this.get("/messages", token, query, signal);
  }

  users(token: string, query: Pick<MessagesQuery, "min_seq"> = {}, signal?: AbortSignal): Promise<UsersPage> {
    return this.get("/users", token, query, signal);
  }

  private get<Answer>(path: string, token: string, query: MessagesQuery, signal?: AbortSignal): Promise<Answer> {
    const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const search = parameters.size > 0 ? `?${parameters}` : "";
    return this.call(path + search, { headers: { Authorization: `Bearer ${token}` }, ...(signal && { signal }) });
  }

  private async call<Answer>(path: string, init: RequestInit): Promise<Answer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    let response: Response;
    try {
      response = await this.fetcher(this.origin + path, { ...init, signal, cache: "no-store" });
    } catch {
      throw new ApiError(CODE_NETWORK, "The server cannot be reached.", 0);
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw refusal(response.status, body);
    if (body === undefined) throw new ApiError(CODE_UNREADABLE, "The server's answer cannot be read.", response.status);
    return body as Answer;
  }
}

function refusal(status: number, body: unknown): ApiError {
  const { code, message } = (body ?? {}) as Partial<Record<"code" | "message", unknown>>;
  return new ApiError(
    typeof code === "string" ? code : CODE_UNREADABLE,
    typeof message === "string" ? message : `The server answered with status ${status}.`,
    status,
  );
}
