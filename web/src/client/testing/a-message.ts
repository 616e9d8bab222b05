import type { Message } from "../messages";

/** A message of a test: by Ada, and saying its own sequence, where nothing else is asked for. */
export function aMessage(seq: number, change: Partial<Message> = {}): Message {
  return {
    type: "message",
    seq,
    id: `${seq}`,
    from_user: { id: "a", name: "Ada" },
    sent_at: "2026-01-01T12:00:00Z",
    text: `${seq}`,
    ...change,
  };
}

/** Those from one sequence to another, both included. */
export function messagesOf(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, i) => aMessage(from + i));
}
