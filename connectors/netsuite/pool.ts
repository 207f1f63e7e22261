/** Runs a call as soon as fewer than the pool's size are under way, in order of asking. */
export type Pool = <T>(call: () => Promise<T>) => Promise<T>;

/** This process's own places, so that its calls take the account's shared ones in order and few ask for them at once. */
export function openPool(size: number): Pool {
  let free = size;
  const waiting: (() => void)[] = [];
  return async (call) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await call();
    } finally {
      // The place is handed on, so that nobody who asks later can take it in between.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
