/** The first wait is at most this long, in milliseconds; each further one may be twice as long. */
export const BACKOFF_BASE_MS = 1_000;

/** No wait is longer than this, in milliseconds: a person is waiting. */
export const BACKOFF_CAP_MS = 30_000;

/**
 * Full jitter: anywhere between 0 and a bound that doubles with each attempt, from 0 on. A
 * herd of clients that lost the same server comes back spread over the whole time.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const bound = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * bound);
}
