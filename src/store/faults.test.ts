import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { openEmbedded, type Embedded } from './embedded/index.ts';
import { asStoreError, duplicatesOf, isStoreAway } from './faults.ts';

let folder: string;
let server: Embedded;
let connection: mongoose.Connection;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossdock-'));
  server = await openEmbedded({ file: join(folder, 'store.db') });
  connection = await mongoose
    .createConnection(server.uri, { serverSelectionTimeoutMS: 200, retryWrites: false })
    .asPromise();
});
afterAll(async () => {
  await connection.close();
  rmSync(folder, { recursive: true, force: true });
});

function insert(...ids: readonly string[]): Promise<unknown> {
  const things = connection.collection<{ _id: string }>('things');
  return things.bulkWrite(
    ids.map((_id) => ({ insertOne: { document: { _id } } })),
    { ordered: false },
  );
}

describe('a socket of the driver', () => {
  it('that breaks under a waiting write is the store that is away; another program error is not', () => {
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
    expect(isStoreAway(broken)).toBe(true);
    expect(asStoreError(broken)).toMatchObject({ fault: 'transient', code: 'store-away' });
    const other = new TypeError('x is not a function');
    expect(isStoreAway(other)).toBe(false);
    expect(asStoreError(other)).toBe(other);
  });
});

describe('a bulk write', () => {
  it('that meets what is there already names it, and has done the rest', async () => {
    expect(await duplicatesOf(insert('a', 'b'))).toEqual(new Set());
    expect(await duplicatesOf(insert('c', 'b', 'a'))).toEqual(new Set([1, 2]));
    expect(await connection.collection('things').countDocuments({})).toBe(3);
  });

  it('that the store never answered is a failure that passes, and never a success', async () => {
    await server.close();
    const thrown: unknown = await duplicatesOf(insert('d', 'e')).then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(thrown).not.toBeNull();
    expect(isStoreAway(thrown)).toBe(true);
    expect(asStoreError(thrown)).toMatchObject({ fault: 'transient', code: 'store-away' });
  });
});
