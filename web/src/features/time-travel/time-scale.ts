/** Steps, in milliseconds, that a person can think of: from a second to a day. */
const STEPS = [1_000, 10_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000] as const;

/** So many steps, at least, should lie on the whole scale: fewer would jump over what one looks for. */
const WANTED_STEPS = 300;

/** How far an arrow key goes on a scale of this length, both in milliseconds. */
export function stepOf(length: number): number {
  return STEPS.findLast((step) => length / step >= WANTED_STEPS) ?? STEPS[0];
}

/** A time as the browser's own field for date and time has it: in the zone that is here, to the second. */
export function toLocalField(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** Reads that field; undefined while it is not whole. */
export function fromLocalField(value: string): number | undefined {
  const at = value === "" ? Number.NaN : new Date(value).getTime();
  return Number.isNaN(at) ? undefined : at;
}
