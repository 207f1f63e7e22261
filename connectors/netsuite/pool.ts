/** Runs a call as soon as fewer than the pool's size are under way, in order of asking. */
export type Pool = <T>(call: () => Promise<T>) => Promise<T>;

/** This process's own places in the account's pool; how many calls all workers make at once is for the budget to say. */
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
