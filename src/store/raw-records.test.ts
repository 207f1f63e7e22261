import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { contentHash } from '../domain/ids.ts';
import type { RawDocument } from './documents.ts';
import type { Intake, Observation, RawRecords } from './raw-records.ts';
import { testOrder } from './test-order.ts';
import { openTestStore, type TestStore } from './test-store.ts';

// A busy machine is slow, and no rule here is about speed.
jest.setTimeout(30_000);

const NOW = Date.UTC(2026, 9, 1);

let opened: TestStore;
let raws: RawRecords;
beforeAll(async () => {
  opened = await openTestStore();
  ({ raws } = opened.store);
});
beforeEach(() => opened.clear());
afterAll(() => opened.close());

function seen(record: string, version: number, body: string): Observation {
  return { record, externalId: `x-${record}`, version, body };
}

function append(
  observations: readonly Observation[],
  by: RawDocument['by'] = 'list',
  to: RawRecords = raws,
): Promise<Intake> {
  return to.append('shop', by, observations, NOW);
}

/** As normalize leaves it when it has applied the n-th observation. */
async function applied(record: string, n: number, version: number, body: string): Promise<void> {
  await opened.store.orders.insert([testOrder(record, { version, raw: { n, hash: contentHash(body), by: 'list' } })]);
}

async function history(record: string): Promise<string[]> {
  return (await raws.history(record)).map(({ n, version, text }) => `${n} v${version} ${text ?? '(erased)'}`);
}

describe('an observation', () => {
  it('is appended also when the record comes back to an earlier content: A, B, A are three', async () => {
    for (const [index, body] of ['A', 'B', 'A'].entries()) {
      const version = index + 1;
      expect(await append([seen('r', version, body)])).toEqual({
        fresh: [{ record: 'r', n: version, version }],
        stored: 1,
        unchanged: 0,
      });
    }
    expect(await history('r')).toEqual(['1 v1 A', '2 v2 B', '3 v3 A']);
  });

  it('seen again is stored once, and still named to be normalized: whoever stored it may have died before it said so', async () => {
    const page = [seen('a', 1, 'A'), seen('b', 4, 'B')];
    const expected = [
      { record: 'a', n: 1, version: 1 },
      { record: 'b', n: 1, version: 4 },
    ];
    expect(await append(page)).toEqual({ fresh: expected, stored: 2, unchanged: 0 });
    expect(await append(page)).toEqual({ fresh: expected, stored: 0, unchanged: 2 });
    expect(await opened.store.collections.raws.countDocuments({})).toBe(2);
  });

  it('that is applied already is unchanged, and nothing follows from it', async () => {
    await append([seen('r', 3, 'A')]);
    await applied('r', 1, 3, 'A');
    expect(await append([seen('r', 3, 'A')])).toEqual({ fresh: [], stored: 0, unchanged: 1 });
  });

  it('older than what the order holds is not kept', async () => {
    await append([seen('r', 3, 'A')]);
    await applied('r', 1, 3, 'A');
    expect(await append([seen('r', 2, 'older')])).toEqual({ fresh: [], stored: 0, unchanged: 1 });
    expect(await history('r')).toEqual(['1 v3 A']);
  });

  it('of the same version with another content is appended: two edits in one tick', async () => {
    await append([seen('r', 3, 'A')]);
    await applied('r', 1, 3, 'A');
    expect(await append([seen('r', 3, 'B')])).toEqual({
      fresh: [{ record: 'r', n: 2, version: 3 }],
      stored: 1,
      unchanged: 0,
    });
    expect(await history('r')).toEqual(['1 v3 A', '2 v3 B']);
  });

  it('of a list that an answer by id repeats is kept beside it once, for that settles it', async () => {
    await append([seen('r', 3, 'A')]);
    await applied('r', 1, 3, 'A');
    await append([seen('r', 3, 'B')]);
    expect(await append([seen('r', 3, 'B')], 'id')).toMatchObject({ fresh: [{ n: 3 }], stored: 1 });
    expect(await append([seen('r', 3, 'B')], 'id')).toMatchObject({ fresh: [{ n: 3 }], stored: 0, unchanged: 1 });
    expect((await raws.history('r')).map(({ n, by }) => `${n} ${by}`)).toEqual(['1 list', '2 list', '3 id']);
  });

  it('of an export proves nothing against another text of the version that is held', async () => {
    await append([seen('r', 3, 'A')]);
    await applied('r', 1, 3, 'A');
    expect(await append([seen('r', 3, 'A as exported')], 'bulk')).toEqual({ fresh: [], stored: 0, unchanged: 1 });
    expect(await append([seen('r', 4, 'B as exported')], 'bulk')).toMatchObject({
      fresh: [{ n: 2, version: 4 }],
      stored: 1,
    });
  });
});

describe('a page', () => {
  it('that shows one record twice keeps both, and names the newest', async () => {
    const { fresh, stored } = await append([
      seen('r', 1, 'A'),
      seen('other', 1, 'O'),
      seen('r', 2, 'B'),
      seen('r', 2, 'B'),
    ]);
    expect(stored).toBe(3);
    expect(fresh).toEqual([
      { record: 'r', n: 2, version: 2 },
      { record: 'other', n: 1, version: 1 },
    ]);
    expect(await history('r')).toEqual(['1 v1 A', '2 v2 B']);
  });

  it('that shows them in the wrong order, and again, still names the newest', async () => {
    await append([seen('r', 1, 'A'), seen('r', 2, 'B')]);
    const { fresh } = await append([seen('r', 2, 'B'), seen('r', 1, 'A')]);
    expect(fresh).toEqual([{ record: 'r', n: 2, version: 2 }]);
  });

  it('that is empty touches nothing but the look', async () => {
    expect(await append([])).toEqual({ fresh: [], stored: 0, unchanged: 0 });
  });
});

describe('two workers at once', () => {
  it('store the same forty records once, and both name them', async () => {
    const other = (await opened.another()).raws;
    const page = Array.from({ length: 40 }, (_, i) => seen(`r${i}`, 1, `content ${i}`));
    const intakes = await Promise.all([append(page), append([...page].reverse(), 'list', other)]);
    expect(intakes.map(({ fresh }) => fresh.every(({ n }) => n === 1) && fresh.length)).toEqual([40, 40]);
    expect(intakes.reduce((sum, { stored }) => sum + stored, 0)).toBe(40);
    expect(await opened.store.collections.raws.countDocuments({ n: 1 })).toBe(40);
  });

  it('that see different contents keep both, without a gap in their numbers', async () => {
    const other = (await opened.another()).raws;
    for (let race = 0; race < 20; race += 1) {
      const record = `race${race}`;
      await Promise.all([
        append([seen(record, 1, 'A'), seen(record, 2, 'B')]),
        append([seen(record, 2, 'C')], 'list', other),
      ]);
      const kept = await raws.history(record);
      expect(kept.map(({ n }) => n)).toEqual([1, 2, 3]);
      expect(kept.map(({ text }) => text).sort()).toEqual(['A', 'B', 'C']);
    }
  });
});

describe('what is read', () => {
  it('is the observations after one number up to another, of each record in order', async () => {
    for (let version = 1; version <= 12; version += 1)
      await append([seen('r', version, `t${version}`), seen('s', version, 'S')]);
    const read = await raws.read([
      { record: 'r', after: 8, upTo: 11 },
      { record: 's', after: 11, upTo: 12 },
      { record: 'unknown', after: 0, upTo: 2 },
    ]);
    expect([...read].map(([record, rows]) => [record, rows.map(({ n, text }) => `${n} ${text}`)])).toEqual(
      expect.arrayContaining([
        ['r', ['9 t9', '10 t10', '11 t11']],
        ['s', ['12 S']],
      ]),
    );
    expect(read.size).toBe(2);
  });

  it('has no text where its key was erased, and its neighbours have theirs', async () => {
    await append([seen('gone', 1, 'A'), seen('kept', 1, 'B')]);
    await opened.store.vault.erase('gone');
    const read = await raws.read([
      { record: 'gone', after: 0, upTo: 1 },
      { record: 'kept', after: 0, upTo: 1 },
    ]);
    expect([read.get('gone')?.[0]?.text, read.get('kept')?.[0]?.text]).toEqual([null, 'B']);
    await append([seen('gone', 2, 'after')]);
    expect(await history('gone')).toEqual(['1 v1 (erased)', '2 v2 after']);
  });

  it('between an erasure and what came after it has text only where it has a key, and fails nobody beside it', async () => {
    await append([seen('gone', 1, 'A'), seen('kept', 1, 'B')]);
    await opened.store.vault.erase('gone');
    await append([seen('gone', 2, 'after')]);
    const read = await raws.read([
      { record: 'gone', after: 0, upTo: 2 },
      { record: 'kept', after: 0, upTo: 1 },
    ]);
    expect(read.get('gone')?.map(({ text }) => text)).toEqual([null, 'after']);
    expect(read.get('kept')?.map(({ text }) => text)).toEqual(['B']);
  });
});

describe('what is stored', () => {
  it('shows nothing of a body, neither in a document nor anywhere in the file', async () => {
    const secret = 'wilhelmina.okonkwo@example.org';
    await append([seen('r', 1, JSON.stringify({ email: secret, again: secret }))]);
    const rows = await opened.store.collections.raws.find({}).toArray();
    expect(rows.map(({ _id, hash, version }) => ({ _id, hash, version }))).toEqual([
      { _id: 'r#1', hash: contentHash(JSON.stringify({ email: secret, again: secret })), version: 1 },
    ]);
    for (const bytes of [
      ...rows.map(({ body }) => Buffer.from(body.value())),
      ...[opened.file, `${opened.file}-wal`].filter(existsSync).map((file) => readFileSync(file)),
    ]) {
      expect(bytes.length).toBeGreaterThan(28);
      expect(bytes.includes('okonkwo')).toBe(false);
    }
    expect((await raws.history('r'))[0]?.text).toContain(secret);
  });
});
