import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'bson';
import { findingsIn, killedAfter } from '../../../test/store/kill.ts';
import type { Doc } from '../../../test/store/opened.ts';
import { cleanUp, connect, directory, open } from '../../../test/store/opened.ts';
import { restore, verifyBackup } from './index.ts';

afterEach(cleanUp);

describe('a store that is killed five times under write load', () => {
  it('holds every acknowledged write and no half one', async () => {
    const file = join(directory(), 'store.db');
    const acknowledged = { inserts: new Set<string>(), counters: new Map<string, number>() };
    for (let run = 0; run < 5; run++) await killedAfter(file, run, 20 + run * 15, acknowledged);
    const { lost, half } = findingsIn(file, acknowledged, () => 'ok');
    verifyBackup(file);
    expect({ lost, half }).toEqual({ lost: [], half: [] });
    expect(acknowledged.inserts.size).toBeGreaterThan(5);
  }, 30_000);
});

describe('a backup', () => {
  it('is taken while the store serves, and brings back what was there', async () => {
    const dir = directory();
    const file = join(dir, 'store.db');
    const store = await open(file);
    const client = await connect(store);
    const docs = client.db().collection<Doc>('docs');
    await docs.insertMany(Array.from({ length: 100 }, (_, i) => ({ _id: i, n: 1 })));
    await client.db().command({ crossdockBackup: 1, to: join(dir, 'backup.db') });
    await docs.deleteMany({});
    await docs.insertOne({ _id: 1000 });
    expect(() => restore(join(dir, 'backup.db'), file)).toThrow(/is open. Stop every worker/);
    await client.close();
    await store.close();
    const aside = restore(join(dir, 'backup.db'), file);
    expect(existsSync(aside ?? '')).toBe(true);
    const again = await connect(await open(file));
    expect(await again.db().collection<Doc>('docs').countDocuments({ n: 1 })).toBe(100);
    expect(await again.db().collection<Doc>('docs').countDocuments()).toBe(100);
  });

  it('never overwrites a file, and leaves none behind when it fails', async () => {
    const dir = directory();
    const client = await connect(await open(join(dir, 'store.db')));
    writeFileSync(join(dir, 'there'), '');
    await expect(client.db().command({ crossdockBackup: 1, to: join(dir, 'there') })).rejects.toThrow(/exists already/);
    await expect(client.db().command({ crossdockBackup: 1, to: join(dir, 'no', 'dir') })).rejects.toThrow(
      /failed: .* Check that the directory exists/,
    );
  });

  it('that is damaged is not restored', async () => {
    const dir = directory();
    const file = join(dir, 'store.db');
    writeFileSync(join(dir, 'bad'), serialize({ a: 1 }));
    expect(() => restore(join(dir, 'bad'), file)).toThrow(/no usable store/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a long read', () => {
  it('goes to the reading thread, so that a write beside it does not wait for its end', async () => {
    const client = await connect(await open(join(directory(), 'store.db')));
    const docs = client.db().collection<Doc>('docs');
    await docs.insertMany(Array.from({ length: 30_000 }, (_, i) => ({ _id: i, n: i % 97, filler: 'x'.repeat(300) })));
    const done: string[] = [];
    const long = docs.aggregate([{ $group: { _id: '$filler', n: { $sum: '$n' } } }, { $sort: { n: -1 } }]).toArray().then(() => done.push('read')); // prettier-ignore
    await docs.insertOne({ _id: -1 }).then(() => done.push('write'));
    await long;
    expect(done).toEqual(['write', 'read']);
  });

  it('that fills more than one reply comes whole', async () => {
    const client = await connect(await open(join(directory(), 'store.db')));
    const docs = client.db().collection<Doc>('docs');
    for (let i = 0; i < 5; i++)
      await docs.insertMany(Array.from({ length: 5 }, (_, j) => ({ _id: i * 5 + j, filler: 'x'.repeat(1_000_000) })));
    expect((await docs.find({}, { limit: 24, batchSize: 100 }).toArray()).map((d) => d._id)).toEqual(
      Array.from({ length: 24 }, (_, i) => i),
    );
  });

  it('sees what its caller has been told is written', async () => {
    const client = await connect(await open(join(directory(), 'store.db')));
    const docs = client.db().collection<Doc>('docs');
    await docs.insertMany(Array.from({ length: 4000 }, (_, i) => ({ _id: i, n: 0 })));
    for (let i = 0; i < 20; i++) {
      await docs.updateOne({ _id: i }, { $set: { n: 1 } });
      expect((await docs.find({ n: 1 }).toArray()).length).toBe(i + 1);
    }
  });
});
