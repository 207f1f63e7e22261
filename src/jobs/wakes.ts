import type { Clock } from '../domain/ports.ts';

/** Made once: an abort without a reason makes an exception with a stack, and a quiet worker wakes many times a second. */
const WOKEN = new Error('woken');

/** Lets a loop sleep until there may be work of its kind, or its time is up. */
export class Wakes {
  readonly #clock: Clock;
  readonly #asleep = new Map<string, (woken: boolean) => void>();
  readonly #missed = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(kinds: readonly string[]): void {
    for (const kind of kinds) {
      const wake = this.#asleep.get(kind);
      // Nobody sleeps: the loop is just looking, perhaps past what this is about. It must look again.
      if (wake === undefined) this.#missed.add(kind);
      else wake(true);
    }
  }

  wakeAll(): void {
    this.wake([...this.#asleep.keys()]);
  }

  /** True when woken, false when `ms` went by or the signal came. */
  async next(kind: string, ms: number, signal: AbortSignal): Promise<boolean> {
    if (this.#missed.delete(kind)) return true;
    if (signal.aborted) return false;
    const over = new AbortController();
    // One listener costs a fraction of a signal composed of both.
    const stop = (): void => {
      over.abort(WOKEN);
    };
    signal.addEventListener('abort', stop, { once: true });
    let sleeps = true;
    const woken = new Promise<boolean>((resolve) => this.#asleep.set(kind, resolve));
    const slept = this.#clock
      .sleep(ms, over.signal)
      .catch(() => undefined)
      .then(() => (sleeps = false));
    try {
      return await Promise.race([woken, slept]);
    } finally {
      this.#asleep.delete(kind);
      signal.removeEventListener('abort', stop);
      if (sleeps) over.abort(WOKEN);
    }
  }
}
