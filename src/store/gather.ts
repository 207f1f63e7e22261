import { isStoreAway } from './faults.ts';

/** How single calls that are made at about the same time are done as one. */
export interface Gathering<T, R> {
  /** Does all of them in one round trip; one answer for each, in their place. */
  together(items: readonly T[]): Promise<readonly R[]>;
  /** What an item is about: of one thing there is never more than one item in a round trip, and they keep their order. */
  about(item: T): string;
  readonly most?: number;
}

interface Asked<T, R> {
  readonly item: T;
  readonly resolve: (answer: R) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes single calls share round trips: those of one moment go together, and while they are under way the next ones
 * gather. Nobody waits for a clock. Where several fail together for another reason than that the store is away, each is
 * tried alone, so that one that cannot be done fails by itself (I6).
 */
export function gathered<T, R>({ together, about, most = 256 }: Gathering<T, R>): (item: T) => Promise<R> {
  let waiting: Asked<T, R>[] = [];
  let going = false;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const now: Asked<T, R>[] = [];
      const later: Asked<T, R>[] = [];
      const seen = new Set<string>();
      for (const asked of waiting) {
        const thing = about(asked.item);
        if (now.length < most && !seen.has(thing)) now.push(asked);
        else later.push(asked);
        // Also of one that waits: what comes after it must not go before it.
        seen.add(thing);
      }
      waiting = later;
      await answer(now);
    }
    going = false;
  }

  async function answer(asked: readonly Asked<T, R>[]): Promise<void> {
    try {
      const answers = await together(asked.map(({ item }) => item));
      for (const [index, { resolve, reject }] of asked.entries()) {
        const own = answers[index];
        if (own === undefined) reject(new Error('a gathered call was not answered'));
        else resolve(own);
      }
    } catch (thrown) {
      if (asked.length === 1 || isStoreAway(thrown)) for (const { reject } of asked) reject(thrown);
      else for (const one of asked) await answer([one]);
    }
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (going) return;
      going = true;
      queueMicrotask(() => void flush());
    });
}
