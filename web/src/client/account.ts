import { type ApiClient, ApiError, type Claims, CODE_UNREADABLE, type Credentials } from "./api";
import { readClaims } from "./claims";
import type { User } from "./frames";
import { Listeners } from "./listeners";
import { onPageBack } from "./network";
import { asFields, type Store } from "./store";

/** Why a person who did not leave here is signed out: the sign-in's end, or what another page did. */
export type SignedOut = "ended" | "leftElsewhere" | "replacedElsewhere";

export type AccountState =
  | { readonly kind: "signed-out"; readonly why: SignedOut | undefined }
  | { readonly kind: "signed-in"; readonly user: User };

/** A person, as tokens for them are asked for. */
type Identity = Pick<Credentials, "name" | "email">;

const ACCOUNT = "chitchat.account";
const TOKEN = "chitchat.token ";

/** A minute before its end a token counts as ended: clocks differ. */
const MARGIN_S = 60;

/** So many fresh tokens of a channel in a row that are refused, and none taken, are the end: a server may restart, and take another secret. */
const REFUSALS = 3;

/**
 * One sign-in and the tokens that it gives, one a channel. They are kept in the store, which the pages of a
 * browser share: what one of them makes of the sign-in, the others take notice of.
 */
export class Account {
  private readonly changes = new Listeners();
  private readonly ends: (() => void)[] = [];
  private readonly asked = new Map<string, Promise<string>>();
  private readonly refusals = new Map<string, number>(); // by channel
  private known: Identity | undefined; // of the one whom this page knows, whatever another page makes of the store
  private current: AccountState;

  constructor(
    private readonly api: ApiClient,
    private readonly store: Store,
  ) {
    this.current = this.stored() ?? { kind: "signed-out", why: undefined };
    this.known = this.identity();
    this.ends.push(
      store.watch((key) => this.changedElsewhere(key)),
      onPageBack(() => this.changedElsewhere("")),
    );
  }

  readonly subscribe = this.changes.subscribe;

  readonly state = (): AccountState => this.current;

  /** What the person entered the last time on this page, or before it was loaded; the channel apart. */
  remembered(): Partial<Identity> {
    return this.known ?? {};
  }

  /** Gets a token for the channel, and is signed in then. Throws ApiError. */
  async signIn({ name, email, channel }: Credentials): Promise<Claims> {
    const token = await this.api.signIn({ name, email, channel });
    this.forgetTokens(); // they may be another person's
    const claims = this.keep(token);
    this.known = { name, email };
    this.store.set(ACCOUNT, { name, email, user: claims.user });
    this.become({ kind: "signed-in", user: claims.user });
    return claims;
  }

  /** Forgets the tokens, and remembers the name for the next time. */
  signOut(why?: SignedOut): void {
    const stored = this.stored();
    const { current } = this;
    const isAnothers =
      stored?.kind === "signed-in" && current.kind === "signed-in" && stored.user.id !== current.user.id;
    if (!isAnothers) {
      this.forgetTokens();
      this.store.set(ACCOUNT, this.known);
    }
    this.become({ kind: "signed-out", why });
  }

  /** The token for the channel, the one at hand or a fresh one. Throws ApiError. */
  token(channel: string): Promise<string> {
    const known = this.tokenAtHand(channel);
    return known === undefined ? this.renew(channel) : Promise.resolve(known);
  }

  /** The token for the channel, if there is one and it has not run out. */
  tokenAtHand(channel: string): string | undefined {
    const token = this.store.get(this.key(channel));
    if (typeof token !== "string") return undefined;
    const claims = readClaims(token);
    return claims && Date.now() / 1000 < claims.exp - MARGIN_S ? token : undefined;
  }

  /** Asks for a fresh token; many who ask at once get the same. Throws ApiError. */
  renew(channel: string): Promise<string> {
    const asked = this.asked.get(channel);
    if (asked) return asked;
    const answer = this.ask(channel).finally(() => this.asked.delete(channel));
    this.asked.set(channel, answer);
    return answer;
  }

  /** The server took a token of ours for the channel. */
  accepted(channel: string): void {
    this.refusals.delete(channel);
  }

  /** The server refused this token: the next one is a fresh one, and where those are refused, too, the sign-in has ended. */
  refused(channel: string, token: string): void {
    if (this.current.kind !== "signed-in" || this.store.get(this.key(channel)) !== token) return;
    this.store.set(this.key(channel), undefined);
    const refusals = (this.refusals.get(channel) ?? 0) + 1;
    this.refusals.set(channel, refusals);
    if (refusals > REFUSALS) this.signOut("ended");
  }

  /** Stops listening to what other pages do. */
  close(): void {
    for (const end of this.ends.splice(0)) end();
  }

  /** Forgets the token of a channel that the person left. */
  forget(channel: string): void {
    this.store.set(this.key(channel), undefined);
  }

  private async ask(channel: string): Promise<string> {
    const { current, known } = this;
    if (!known || current.kind !== "signed-in") throw new ApiError("unauthorized", "Sign in first.", 401);
    const token = await this.api.signIn({ ...known, channel }).catch((error: unknown) => {
      if (endsSignIn(error)) this.signOut("ended");
      throw error;
    });
    if (this.current !== current) throw new ApiError("unauthorized", "You were signed out.", 401);
    this.keep(token);
    return token;
  }

  private keep(token: string): Claims {
    const claims = readClaims(token);
    if (!claims) throw new ApiError(CODE_UNREADABLE, "The server's token cannot be read.", 201);
    this.store.set(keyOf(claims.user.id, claims.channel), token);
    return claims;
  }

  private key(channel: string): string {
    return keyOf(this.current.kind === "signed-in" ? this.current.user.id : "", channel);
  }

  private forgetTokens(): void {
    for (const key of this.store.keys(TOKEN)) this.store.set(key, undefined);
    this.refusals.clear();
  }

  private identity(): Identity | undefined {
    const fields = asFields(this.store.get(ACCOUNT));
    if (typeof fields?.name !== "string" || typeof fields.email !== "string") return undefined;
    return { name: fields.name, email: fields.email };
  }

  private stored(): AccountState | undefined {
    const user = asFields(asFields(this.store.get(ACCOUNT))?.user);
    if (typeof user?.id !== "string" || typeof user.name !== "string") return undefined;
    const { id, name, avatar } = user;
    return { kind: "signed-in", user: { id, name, ...(typeof avatar === "string" && { avatar }) } };
  }

  private changedElsewhere(key: string): void {
    if (key !== ACCOUNT && key !== "") return;
    const { current } = this;
    if (current.kind !== "signed-in") return;
    const stored = this.stored();
    if (stored?.kind !== "signed-in") this.become({ kind: "signed-out", why: "leftElsewhere" });
    else if (stored.user.id !== current.user.id) this.become({ kind: "signed-out", why: "replacedElsewhere" });
  }

  private become(state: AccountState): void {
    this.current = state;
    this.changes.tell();
  }
}

/** A token is kept under its person's id: pages of two people may, for a moment, share the store. */
function keyOf(userId: string, channel: string): string {
  return `${TOKEN}${userId} ${channel}`;
}

/** The statuses with which a server that once signed somebody in says that it does so no more. */
const ENDS_SIGN_IN = new Set([401, 403, 404, 405]);

/** Whether the server itself said so; a proxy without a server says the same, in words of its own. */
function endsSignIn(error: unknown): boolean {
  return error instanceof ApiError && error.code !== CODE_UNREADABLE && ENDS_SIGN_IN.has(error.status);
}
