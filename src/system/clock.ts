import type { Clock, Random } from '../domain/ports.ts';
import { randomBytes } from 'node:crypto';

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(reasonOf(signal));
        return;
      }
      const over = (): void => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      if (ms <= 0) {
        setImmediate(resolve);
        return;
      }
      const timer = setTimeout(over, Math.min(ms, 2_147_483_647));
      function aborted(): void {
        clearTimeout(timer);
        reject(reasonOf(signal));
      }
      signal?.addEventListener('abort', aborted, { once: true });
    }),
};

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('stopped');
}

const POOL = 16_384;
let pool = randomBytes(POOL);
let used = 0;

/** Chance from the operating system, drawn in blocks: sealing needs twelve bytes for every document. */
export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (length) => {
    if (used + length > POOL) {
      pool = randomBytes(POOL);
      used = 0;
    }
    const bytes = pool.subarray(used, used + length);
    used += length;
    return bytes;
  },
};
