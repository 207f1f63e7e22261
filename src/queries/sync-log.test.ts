import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogFields, LogLevel } from '../domain/ports.ts';
import { openTestStore, type TestStore } from '../store/test-store.ts';
import { testOrder } from '../store/test-order.ts';
import { searchLog } from './sync-log.ts';

const START = Date.UTC(2026, 10, 25, 8);
const DAY_MS = 86_400_000;
const ORDER = 'ord_0123456789abcdefghijkl';
let opened: TestStore;
let n = 0;

beforeAll(async () => {
  opened = await openTestStore({ purgeEveryMs: 50 });
  await opened.store.orders.insert([testOrder(ORDER, { number: '#1001' })]);
});
afterAll(() => opened.close());
beforeEach(async () => {
  n = 0;
  await opened.store.collections.log.deleteMany({});
});

async function say(message: string, fields: LogFields = {}, level: LogLevel = 'info', at = START + n): Promise<void> {
  // Kept for a hundred years: the test's lines are of a fixed day.
  await opened.store.log.append([{ at, n: (n += 1), level, message, fields }], 36_500 * DAY_MS);
}

async function found(search: Omit<Parameters<typeof searchLog>[1], 'limit'>): Promise<string[]> {
  return (await searchLog(opened.store, { limit: 50, ...search })).items.map(({ message }) => message);
}

describe('the kept log', () => {
  it('is found newest first, by level and what is worse, connection, job, run and time', async () => {
    await say('a', { connection: 'shop', run: 'r1' });
    await say('b', { connection: 'erp', job: 'j1' }, 'warn');
    await say('c', { connection: 'shop' }, 'error');
    expect(await found({})).toEqual(['c', 'b', 'a']);
    expect(await found({ level: 'warn' })).toEqual(['c', 'b']);
    expect(await found({ connection: 'shop' })).toEqual(['c', 'a']);
    expect(await found({ job: 'j1' })).toEqual(['b']);
    expect(await found({ run: 'r1' })).toEqual(['a']);
    expect(await found({ from: START + 1, to: START + 2 })).toEqual(['b']);
  });

  it('finds a part of a message, capitals or not, taken as it stands and not as a pattern', async () => {
    await say('Pulled 5 (five) orders.');
    await say('Parked.');
    expect(await found({ text: 'PULLED 5 (FIVE)' })).toEqual(['Pulled 5 (five) orders.']);
    expect(await found({ text: '.*' })).toEqual([]);
  });

  it('finds the lines of an order by our id and by the number that the buyer sees', async () => {
    await say('parked', { order: ORDER });
    await say('another', { order: 'ord_another' });
    for (const order of [ORDER, '#1001', '1001']) expect(await found({ order })).toEqual(['parked']);
  });

  it('is read page by page without a line twice or left out, also while lines come in', async () => {
    for (let i = 0; i < 25; i += 1) await say(`${i}`, {}, 'info', START);
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await searchLog(opened.store, { limit: 10, ...(after === undefined ? {} : { after }) });
      seen.push(...page.items.map(({ message }) => message));
      await say('late', {}, 'info', START + 1);
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `${24 - i}`));
  });

  it('takes the same lines again, after a lost answer, without keeping them twice', async () => {
    const line = { at: START, n: 1, level: 'info', message: 'once', fields: {} } as const;
    await opened.store.log.append([line], 36_500 * DAY_MS);
    await opened.store.log.append([line, { ...line, n: 2, message: 'and more' }], 36_500 * DAY_MS);
    expect(await found({})).toEqual(['and more', 'once']);
  });

  it('is removed by itself when its time is over', async () => {
    await opened.store.log.append([{ at: START, n: 99, level: 'info', message: 'old', fields: {} }], 1);
    await say('young');
    const until = Date.now() + 3_000;
    while ((await found({})).length > 1 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await found({})).toEqual(['young']);
  });
});
