import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Reservation } from '../domain/stock.ts';
import type { LevelChange, LevelHead, LevelRecords } from './level-records.ts';
import type { MovementEntry } from './documents.ts';
import { levelId, openLevelRecords } from './level-records.ts';
import { openTestStore, type TestStore } from './test-store.ts';

// A busy machine is slow, and no rule here is about speed.
jest.setTimeout(30_000);

const AT = new Date(Date.UTC(2026, 9, 1));

let opened: TestStore;
let levels: LevelRecords;
beforeAll(async () => {
  opened = await openTestStore();
  ({ levels } = opened.store);
});
beforeEach(() => opened.clear());
afterAll(() => opened.close());

function open(sku: string, onHand: number, location = 'east'): Promise<ReadonlySet<string>> {
  return levels.open([{ sku, location, onHand, countedAt: AT, cause: 'count' }], AT.getTime());
}

async function tailOf(id: string): Promise<MovementEntry[]> {
  return (await opened.store.collections.levels.findOne({ _id: id }))?.tail ?? [];
}

async function head(id: string): Promise<LevelHead> {
  const [row] = await levels.heads([id]);
  if (row === undefined) throw new Error(`no ${id}`);
  return row;
}

/** One unit less, set aside for a line of its own. */
function take(before: LevelHead, order: string): LevelChange {
  const reservation: Reservation = { order, line: 'l1', quantity: 1, revision: 1 };
  return {
    before,
    onHand: before.onHand,
    free: before.free - 1,
    backlog: before.backlog,
    append: [reservation],
    movement: { at: AT, kind: 'reserved', lines: [{ order, line: 'l1', quantity: 1, revision: 1 }], cause: order },
  };
}

describe('a level', () => {
  it('is opened once, with its count as its first movement; one that is there is named and left as it is', async () => {
    expect(await open('A', 5)).toEqual(new Set());
    const fresh = { location: 'east', countedAt: AT, cause: 'again' };
    expect(
      await levels.open(
        [
          { sku: 'A', onHand: 9, ...fresh },
          { sku: 'B', onHand: 3, ...fresh },
        ],
        0,
      ),
    ).toEqual(new Set(['A@east']));
    expect(
      (await levels.heads(['A@east', 'B@east'])).map(({ _id, v, onHand, free }) => [_id, v, onHand, free]),
    ).toEqual([
      ['A@east', 1, 5, 5],
      ['B@east', 1, 3, 3],
    ]);
    expect(await levels.movements('A@east')).toEqual([
      { v: 1, at: AT, kind: 'counted', onHand: 5, free: 5, lines: [], cause: 'count' },
    ]);
  });

  it('is listed by SKU or by location, and by nothing that only begins like it', async () => {
    for (const [sku, location] of [
      ['A', 'east'],
      ['A', 'west'],
      ['AB', 'east'],
      ['A-1', 'east'],
      ['a', 'east'],
    ] as const) {
      await open(sku, 1, location);
    }
    const ids = async (filter: Parameters<LevelRecords['all']>[0]): Promise<string[]> =>
      (await levels.all(filter)).map(({ _id }) => _id);
    expect(await ids({ sku: 'A' })).toEqual(['A@east', 'A@west']);
    expect(await ids({ location: 'east' })).toEqual(['A-1@east', 'A@east', 'AB@east', 'a@east']);
    expect(await ids({ sku: 'A', location: 'west' })).toEqual(['A@west']);
    expect(await ids({})).toHaveLength(5);
  });
});

describe('a change of a level', () => {
  it('appends reservations to those that it did not read, or replaces them all', async () => {
    await open('A', 5);
    await levels.change([take(await head('A@east'), 'o1')]);
    await levels.change([take(await head('A@east'), 'o2')]);
    const [both] = await levels.read(['A@east']);
    expect([both?.v, both?.onHand, both?.free, both?.reserved.map(({ order }) => order)]).toEqual([
      3,
      5,
      3,
      ['o1', 'o2'],
    ]);
    const reserved = [{ order: 'o1', line: 'l1', quantity: 0, revision: 2 }];
    const before = await head('A@east');
    const counted = { before, onHand: 9, free: 9, backlog: true, reserved, countedAt: new Date(AT.getTime() + 1) };
    await levels.change([{ ...counted, movement: { at: AT, kind: 'released', lines: [], cause: 'o1' } }]);
    const [after] = await levels.read(['A@east']);
    expect(after).toMatchObject({
      v: 4,
      onHand: 9,
      free: 9,
      backlog: true,
      reserved,
      countedAt: new Date(AT.getTime() + 1),
    });
    expect((await tailOf(after?._id ?? '')).map(({ v, kind, onHand, free }) => [v, kind, onHand, free])).toEqual([
      [1, 'counted', 5, 5],
      [2, 'reserved', 0, -1],
      [3, 'reserved', 0, -1],
      [4, 'released', 4, 6],
    ]);
  });

  it('of a stale version is refused and named, and the others of the batch are made', async () => {
    for (const sku of ['A', 'B', 'C']) await open(sku, 5);
    const heads = await levels.heads(['A@east', 'B@east', 'C@east']);
    await levels.change([take(await head('B@east'), 'winner')]);
    expect(await levels.change(heads.map((before) => take(before, 'loser')))).toEqual(new Set(['B@east']));
    expect(
      (await levels.read(heads.map(({ _id }) => _id))).map(({ v, reserved }) => [
        v,
        reserved.map(({ order }) => order),
      ]),
    ).toEqual([
      [2, ['loser']],
      [2, ['winner']],
      [2, ['loser']],
    ]);
  });

  it('of a hundred levels by two writers at once has exactly one winner each, and each is told which', async () => {
    const other = (await opened.another()).levels;
    const skus = Array.from({ length: 100 }, (_, i) => `S${100 + i}`);
    await levels.open(
      skus.map((sku) => ({ sku, location: 'east', onHand: 50, countedAt: AT, cause: 'count' })),
      AT.getTime(),
    );
    const ids = skus.map((sku) => levelId(sku, 'east'));
    for (let round = 1; round <= 10; round += 1) {
      const heads = await levels.heads(ids);
      const [ours, theirs] = await Promise.all([
        levels.change(heads.map((before) => take(before, `one${round}`))),
        other.change(heads.toReversed().map((before) => take(before, `two${round}`))),
      ]);
      expect([...ours, ...theirs].sort()).toEqual(ids);
      for (const level of await levels.read(ids)) {
        expect([level.v, level.free, level.reserved.length]).toEqual([round + 1, 50 - round, round]);
        expect(level.reserved.at(-1)?.order).toBe(ours.has(level._id) ? `two${round}` : `one${round}`);
      }
    }
  });
});

describe('the movements of a level', () => {
  it('are one for each of its versions, without a gap and in order, and sum up to what it says', async () => {
    await open('A', 100);
    await open('A-1', 7);
    for (let order = 2; order <= 60; order += 1) await levels.change([take(await head('A@east'), `o${order}`)]);
    const movements = await levels.movements('A@east');
    expect(movements.map(({ v }) => v)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(movements.map(({ cause }) => cause)).toEqual([
      'count',
      ...Array.from({ length: 59 }, (_, i) => `o${i + 2}`),
    ]);
    const [level] = await levels.read(['A@east']);
    expect([level?.v, level?.onHand, level?.free]).toEqual([
      60,
      movements.reduce((sum, { onHand }) => sum + onHand, 0),
      movements.reduce((sum, { free }) => sum + free, 0),
    ]);
    expect([level?.free, (await tailOf(level?._id ?? '')).map(({ v }) => v)]).toEqual([
      41,
      [49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60],
    ]);
    const kept = await opened.store.collections.movements.find({}).toArray();
    expect(kept.map(({ _id, from, to }) => [_id, from, to])).toEqual([
      ['A@east#16', 1, 16],
      ['A@east#32', 17, 32],
      ['A@east#48', 33, 48],
    ]);
  });

  it('are complete also where two writers drain the tail at the same moment, and where one died before its change', async () => {
    const other = (await opened.another()).levels;
    await open('A', 500);
    for (let order = 0; order < 50; order += 1) {
      const before = await head('A@east');
      await Promise.all([levels.change([take(before, `one${order}`)]), other.change([take(before, `two${order}`)])]);
    }
    // Copied, and then killed: the copy stands there twice.
    const { _id, v } = await head('A@east');
    const tail = await tailOf(_id);
    await opened.store.collections.movements.insertOne({
      _id: `${_id}#${v}`,
      level: _id,
      from: tail[0]?.v ?? v,
      to: v,
      entries: tail,
    });
    const movements = await levels.movements('A@east');
    expect(movements.map((entry) => entry.v)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
    const [level] = await levels.read(['A@east']);
    expect(level?.reserved.map(({ order }) => order)).toEqual(movements.slice(1).map(({ cause }) => cause));
    expect(level?.free).toBe(450);
  });
});

describe('the levels that changed since an instant', () => {
  it('are read page by page, none twice and none left out, also where more changed at one instant than a page holds', async () => {
    const early = AT.getTime() - 10;
    const level = (sku: string) => ({ sku, location: 'east', onHand: 1, countedAt: AT, cause: 'count' });
    await levels.open([level('z')], early - 1);
    await levels.open([level('y'), level('x')], early);
    await levels.open(['e', 'b', 'd', 'a', 'c'].map(level), AT.getTime());
    const pages: string[][] = [];
    let behind: { _id: string; at: Date } | undefined;
    do {
      const rows = await levels.changedSince(early, 2, behind);
      pages.push(rows.map(({ sku }) => sku));
      behind = rows.at(-1);
    } while (pages.at(-1)?.length === 2);
    expect(pages).toEqual([['x', 'y'], ['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('are read without a gap also while the newest leave the tail of the level', async () => {
    await open('A', 100);
    for (let order = 2; order <= 16; order += 1) await levels.change([take(await head('A@east'), `o${order}`)]);
    const { collections } = opened.store;
    let drained = false;
    /** After the first of the two reads, whichever that is. */
    const drain = async (): Promise<void> => {
      if (drained) return;
      drained = true;
      await levels.change([take(await head('A@east'), 'o17')]);
    };
    const slow = {
      ...collections,
      levels: new Proxy(collections.levels, {
        get: () => async (filter: object) => {
          const found = await collections.levels.findOne(filter);
          await drain();
          return found;
        },
      }),
      movements: new Proxy(collections.movements, {
        get: () => (filter: object) => ({
          toArray: async () => {
            const found = await collections.movements.find(filter).toArray();
            await drain();
            return found;
          },
        }),
      }),
    };
    const movements = await openLevelRecords(slow, () => 'token').movements('A@east');
    expect(movements.map(({ v }) => v)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });
});
