import { describe, expect, it } from '@jest/globals';
import { SyncError } from '../domain/errors.ts';
import { gathered } from './gather.ts';

interface Item {
  readonly about: string;
  readonly n: number;
}

function counting(fail: (items: readonly Item[]) => Error | null = () => null): {
  readonly call: (item: Item) => Promise<string>;
  readonly trips: number[][];
} {
  const trips: number[][] = [];
  const call = gathered<Item, string>({
    async together(items) {
      trips.push(items.map(({ n }) => n));
      await Promise.resolve();
      const thrown = fail(items);
      if (thrown !== null) throw thrown;
      return items.map(({ n }) => `answer ${n}`);
    },
    about: ({ about }) => about,
    most: 3,
  });
  return { call, trips };
}

const item = (n: number, about = `thing ${n}`): Item => ({ about, n });

describe('gathered calls', () => {
  it('of one moment share a round trip, and each gets its own answer', async () => {
    const { call, trips } = counting();
    expect(await Promise.all([call(item(1)), call(item(2)), call(item(3))])).toEqual([
      'answer 1',
      'answer 2',
      'answer 3',
    ]);
    expect(trips).toEqual([[1, 2, 3]]);
  });

  it('that come while others are under way go with the next round trip, at most so many', async () => {
    const { call, trips } = counting();
    const first = call(item(1));
    await Promise.resolve();
    await Promise.resolve();
    await Promise.all([first, ...[2, 3, 4, 5].map((n) => call(item(n)))]);
    expect(trips).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('about one thing never share a round trip, and keep their order', async () => {
    const { call, trips } = counting();
    await Promise.all([call(item(1, 'a')), call(item(2, 'a')), call(item(3, 'b')), call(item(4, 'a'))]);
    expect(trips).toEqual([[1, 3], [2], [4]]);
  });

  it('that fail together are each tried alone, so that only the bad one fails', async () => {
    const bad = new SyncError('bug', 'too large', { remedy: 'none' });
    const { call, trips } = counting((items) => (items.some(({ n }) => n === 2) ? bad : null));
    const settled = await Promise.allSettled([call(item(1)), call(item(2)), call(item(3))]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(trips).toEqual([[1, 2, 3], [1], [2], [3]]);
    // A failure is nobody else's afterwards.
    expect(await call(item(4))).toBe('answer 4');
  });
});
