import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Store } from '../store/open-store.ts';
import { openTestStore, type TestStore } from '../store/test-store.ts';
import { systemClock } from '../system/clock.ts';
import { openBudget, type BudgetSettings, type SharedBudget } from './budgets.ts';

// Where a rule is about time it says so; a busy machine may take longer for the rest.
jest.setTimeout(30_000);

let opened: TestStore;
let stores: readonly [Store, Store];
let holders = 0;
beforeAll(async () => {
  opened = await openTestStore();
  stores = [opened.store, await opened.another()];
});
afterAll(() => opened.close());

/** One budget as two workers have it. */
function shared(name: string, but: Partial<BudgetSettings> = {}): [SharedBudget, SharedBudget] {
  const settings = { name, perSecond: 1, capacity: 100, requestMs: 300, ...but };
  const open = (store: Store): SharedBudget =>
    openBudget(settings, store, systemClock, () => `holder-${(holders += 1)}`);
  return [open(stores[0]), open(stores[1])];
}

async function takes(budget: SharedBudget, cost: number, withinMs: number): Promise<boolean> {
  const late = AbortSignal.timeout(withinMs);
  return budget.take(cost, late).then(
    () => true,
    (thrown: unknown) => {
      if (late.aborted) return false;
      throw thrown;
    },
  );
}

describe('a budget of two workers', () => {
  it('never grants them together more than the full bucket and what has flowed in, and uses it', async () => {
    const budgets = shared('both', { perSecond: 200, capacity: 40 });
    const start = Date.now();
    const until = AbortSignal.timeout(1_500);
    let taken = 0;
    let above = 0;
    const spend = async (budget: SharedBudget): Promise<void> => {
      for (;;) {
        await budget.take(2, until);
        taken += 2;
        // Five milliseconds for what two workers know of the server's clock.
        above = Math.max(above, taken - (40 + (200 * (Date.now() - start + 5)) / 1_000));
      }
    };
    await Promise.allSettled([spend(budgets[0]), spend(budgets[1]), spend(budgets[1])]);
    expect(above).toBe(0);
    expect(taken).toBeGreaterThan(40 + 200 * 0.75);
  });

  it('grants no more when their idea of the server’s time differs', async () => {
    const { budgets } = opened.store;
    const [ahead] = shared('skewed', { perSecond: 10, capacity: 50 });
    await ahead.take(50);
    const [document] = (await budgets.all()).filter(({ _id }) => _id === 'skewed');
    if (document === undefined) throw new Error('no document');
    const later = new Date(document.at.getTime() + 1_000);
    await budgets.replace(document, { ...document, tokens: 1, at: later });
    await ahead.take(1);
    const [after] = (await budgets.all()).filter(({ _id }) => _id === 'skewed');
    expect(after?.at).toEqual(later);
  });

  it('is closed to both at once when the remote refuses one of them, also where that one asks for nothing more', async () => {
    const [one, two] = shared('refused');
    await Promise.all([one.take(1), two.take(1)]);
    const until = Date.now() + 700;
    one.refuse(until);
    await systemClock.sleep(50);
    expect(await takes(two, 1, 300)).toBe(false);
    await Promise.all([one.take(1), two.take(1)]);
    expect(Date.now()).toBeGreaterThanOrEqual(until - 5);
  });

  it('is planned no higher than what the remote says is left, and both hear of it with the next draw', async () => {
    const [one, two] = shared('observed');
    await one.take(1);
    one.observe({ available: 5, perSecond: 1, capacity: 100 });
    expect(await takes(one, 7, 200)).toBe(false);
    await one.take(4);
    expect(await takes(two, 4, 200)).toBe(false);
  });

  it('fills up again after the remote said that it is empty', async () => {
    const [one] = shared('empty', { perSecond: 20 });
    await one.take(1);
    one.observe({ available: 0, perSecond: 20, capacity: 100 });
    const start = Date.now();
    await one.take(10);
    const waited = Date.now() - start;
    expect(waited).toBeGreaterThanOrEqual(480);
    expect(waited).toBeLessThan(1_500);
  });

  it('lets a cost above its capacity wait for a full bucket, not for ever', async () => {
    const [one, two] = shared('dear', { perSecond: 50, capacity: 10 });
    await one.take(25);
    const start = Date.now();
    await two.take(25);
    expect(Date.now() - start).toBeGreaterThanOrEqual(150);
  });
});

describe('the slots of a budget', () => {
  it('let no more calls be under way over all workers than it has, and lose none', async () => {
    const budgets = shared('slots', { concurrency: 3, requestMs: 20_000 });
    let underWay = 0;
    let most = 0;
    const call = async (): Promise<void> => {
      most = Math.max(most, (underWay += 1));
      // The first of them wait for each other, and then for one too many.
      for (let tries = 0; most < 3 && tries < 500; tries += 1) await systemClock.sleep(10);
      await systemClock.sleep(60);
      underWay -= 1;
    };
    await Promise.all(Array.from({ length: 9 }, (_, i) => budgets[i % 2 === 0 ? 0 : 1].slot(call)));
    expect([most, underWay]).toEqual([3, 0]);
    const [document] = (await stores[0].budgets.all()).filter(({ _id }) => _id === 'slots');
    expect(document?.slots).toEqual([]);
  });

  it('are given back by a call that fails', async () => {
    const [one, two] = shared('failing', { concurrency: 1, requestMs: 60_000 });
    await expect(one.slot(() => Promise.reject(new Error('remote')))).rejects.toThrow('remote');
    expect(await two.slot(() => Promise.resolve('in'))).toBe('in');
  });

  it('of a worker that died are free after the request time-out, and not before', async () => {
    const [dead, alive] = shared('dead', { concurrency: 1, requestMs: 400 });
    const start = Date.now();
    let entered = 0;
    void dead.slot(() => {
      entered = Date.now();
      return new Promise(() => undefined);
    });
    while (entered === 0) await systemClock.sleep(2);
    await alive.slot(() => Promise.resolve());
    expect(Date.now() - start).toBeGreaterThanOrEqual(390);
    expect(Date.now() - entered).toBeLessThan(1_500);
  });
});

describe('a budget whose store is away', () => {
  /** A worker's budget over a store that is away whenever `away` says so. */
  function cut(name: string, away: () => boolean): SharedBudget {
    const [store] = stores;
    const gone = async (): Promise<never> => {
      throw Object.assign(new Error('read ECONNRESET'), { syscall: 'read', code: 'ECONNRESET' });
    };
    const { read, replace } = store.budgets;
    const budgets: Store['budgets'] = {
      ...store.budgets,
      read: (...asked) => (away() ? gone() : read(...asked)),
      replace: (...asked) => (away() ? gone() : replace(...asked)),
    };
    const settings = { name, perSecond: 1, capacity: 100, concurrency: 1, requestMs: 300 };
    return openBudget(settings, { ...store, budgets }, systemClock, () => `holder-${(holders += 1)}`);
  }

  it('says that, and lets nothing be called: it is neither a fault of ours nor an outcome at the remote', async () => {
    const budget = cut('away', () => true);
    await expect(budget.take(1)).rejects.toMatchObject({ fault: 'transient', code: 'store-away' });
    const called: string[] = [];
    const call = async (): Promise<void> => void called.push('called');
    await expect(budget.slot(call)).rejects.toMatchObject({ fault: 'transient', code: 'store-away' });
    expect(called).toEqual([]);
  });

  it('gives what the remote answered, also where the slot cannot be given back: what was done must not look undone', async () => {
    let away = false;
    const budget = cut('away after', () => away);
    const answer = budget.slot(async () => {
      away = true;
      return 'done';
    });
    expect(await answer).toBe('done');
    away = false;
    expect(await budget.slot(async () => 'free again after the request time-out')).toContain('free');
  });
});
