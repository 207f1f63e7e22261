const BASE_MS = 500;
const CAP_MS = 5 * 60_000;

/**
 * How long to wait before attempt `attempts + 1`: a random part of an exponentially growing span ("full jitter"), so
 * that many jobs that failed together do not come back together.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempts how often it has failed so far, from 0
 * @param chance a number in [0, 1)
 * @returns milliseconds, at least 50
 */
export function backoff(attempts: number, chance: number): number {
  const span = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempts, 20));
  return Math.max(50, Math.floor(span * chance));
}
