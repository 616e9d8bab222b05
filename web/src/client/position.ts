/** A place in the server's log. Sequences of different epochs have nothing to do with each other. */
export type Position = { readonly epoch: string; readonly seq: number };

const POSITION = /^([a-z0-9]{1,64}):(0|[1-9][0-9]{0,15})$/;

/** Reads "<epoch>:<seq>", and is undefined for anything else. */
export function parsePosition(text: unknown): Position | undefined {
  const match = typeof text === "string" ? POSITION.exec(text) : null;
  if (!match?.[1] || !match[2]) return undefined;
  return { epoch: match[1], seq: Number(match[2]) };
}

export function formatPosition(position: Position): string {
  return `${position.epoch}:${position.seq}`;
}
