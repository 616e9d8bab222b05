import type { User } from "@/client/frames";
import type { Message } from "@/client/messages";
import type { Pending } from "@/client/outbox";
import type { MessageListProps } from "@/features/chat/message-list";

export const SELF: User = { id: "ada", name: "Ada" };

const OTHERS: readonly User[] = ["Grace", "Alan", "Edsger", "Barbara"].map((name) => ({ id: name, name }));

const WORDS = "the log is whole and each reader ends where all the others end too".split(" ");

/** The first message of the stage has this sequence; there is room for older ones. */
const FIRST_SEQ = 1_000_000;

/** What the list is given by its props but for what it calls. */
export type Scene = Pick<
  MessageListProps,
  | "messages"
  | "notes"
  | "pending"
  | "hasOlder"
  | "older"
  | "hasNewer"
  | "newer"
  | "isConnected"
  | "isReading"
  | "historyFailed"
  | "readTo"
  | "target"
>;

const EMPTY: Scene = {
  messages: [],
  notes: [],
  pending: [],
  hasOlder: false,
  older: "idle",
  hasNewer: false,
  newer: "idle",
  isConnected: true,
  isReading: true, // until the first messages are there
  historyFailed: false,
  readTo: undefined,
  target: undefined,
};

/** A message of the endless log of the stage: of one length or another, by one of a few, some minutes apart. */
function messageOf(seq: number): Message {
  const dice = (seq * 2_654_435_761) % 4_294_967_296;
  const length = dice % 9 === 0 ? 60 : 3 + (dice % 17);
  const text = Array.from({ length }, (_, i) => WORDS[(dice + i * 7) % WORDS.length]).join(" ");
  const sent_at = new Date(1_760_000_000_000 + (seq - FIRST_SEQ) * 90_000).toISOString();
  const from_user = OTHERS[Math.floor(dice / 31) % OTHERS.length] ?? SELF;
  return { type: "message", seq, id: `id${seq}`, from_user, sent_at, text: `${seq} ${text}` };
}

function messagesOf(from: number, to: number): readonly Message[] {
  return Array.from({ length: to - from }, (_, i) => messageOf(from + i));
}

/** Plays the client to the list, as a script tells it. */
export class Stage {
  scene = EMPTY;
  readonly calls = { older: 0, newer: 0, latest: 0, escape: 0, seen: [] as number[], readingBack: [] as boolean[] };
  private listener: () => void = () => {};

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listener = listener;
    return () => {};
  };

  set(change: Partial<Scene>): void {
    this.scene = { ...this.scene, ...change };
    this.listener();
  }

  /** Messages from FIRST_SEQ on. */
  fill(count: number, change: Partial<Scene> = {}): void {
    this.set({ messages: messagesOf(FIRST_SEQ, FIRST_SEQ + count), isReading: false, ...change });
  }

  /** Messages at any place: a window into the log. */
  show(from: number, count: number, change: Partial<Scene> = {}): void {
    this.set({ messages: messagesOf(from, from + count), isReading: false, ...change });
  }

  /** Others say something. */
  come(count: number): void {
    const { messages } = this.scene;
    const next = (messages[messages.length - 1]?.seq ?? FIRST_SEQ) + 1;
    this.set({ messages: [...messages, ...messagesOf(next, next + count)] });
  }

  prepend(count: number, change: Partial<Scene> = {}): void {
    const { messages } = this.scene;
    const first = messages[0]?.seq ?? FIRST_SEQ;
    this.set({ messages: [...messagesOf(first - count, first), ...messages], older: "idle", ...change });
  }

  append(count: number, change: Partial<Scene> = {}): void {
    const { messages } = this.scene;
    const next = (messages[messages.length - 1]?.seq ?? FIRST_SEQ) + 1;
    this.set({ messages: [...messages, ...messagesOf(next, next + count)], newer: "idle", ...change });
  }

  /** The oldest go. */
  trim(count: number): void {
    this.set({ messages: this.scene.messages.slice(count), hasOlder: true });
  }

  write(id: string, text: string): void {
    const item: Pending = { id, text, at: Date.now(), status: "sending", uncertain: false, tries: 0, notBefore: 0 };
    this.set({ pending: [...this.scene.pending, item] });
  }

  fail(id: string): void {
    this.become(id, { status: "failed", reason: "No." });
  }

  tryAgain(id: string): void {
    this.become(id, { status: "sending" });
  }

  private become(id: string, change: Partial<Pending>): void {
    const pending = this.scene.pending.map((item) => (item.id === id ? { ...item, ...change } : item));
    this.set({ pending });
  }

  /** What was written stands in the log. */
  land(id: string): void {
    const { messages, pending } = this.scene;
    const item = pending.find((other) => other.id === id);
    if (!item) throw new Error(`nothing waits as ${id}`);
    const seq = (messages[messages.length - 1]?.seq ?? FIRST_SEQ) + 1;
    const sent_at = new Date(item.at).toISOString();
    const message: Message = { type: "message", seq, id, from_user: SELF, sent_at, text: item.text };
    this.set({ messages: [...messages, message], pending: pending.filter((other) => other !== item) });
  }

  say(text: string): void {
    const { messages } = this.scene;
    const seq = (messages[messages.length - 1]?.seq ?? FIRST_SEQ) + 1;
    this.set({ messages: [...messages, { ...messageOf(seq), text }] });
  }
}
