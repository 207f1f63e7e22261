import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from 'bson';
import { deserialize, serialize } from 'bson';
import type { EngineOptions } from './engine.ts';
import { Engine } from './engine.ts';

const DB = 'db';
const opened: Engine[] = [];
afterEach(() => {
  for (const engine of opened.splice(0)) engine.close();
});

function core(options: Partial<EngineOptions> = {}): Engine {
  const engine = new Engine({ file: ':memory:', now: () => 1_700_000_000_000, ...options });
  opened.push(engine);
  return engine;
}

function insert(engine: Engine, docs: readonly Document[]): Document {
  return engine.runDocument(DB, { insert: 'docs', documents: [...docs] });
}

function found(engine: Engine, rest: Document = {}): Document[] {
  return engine.runDocument(DB, { find: 'docs', ...rest })['cursor'].firstBatch;
}

/** Runs a command without committing it. */
function run(engine: Engine, command: Document, lost: (message: string) => void = () => undefined): Document {
  const reply = engine.run(serialize({ ...command, $db: DB }), new Map(), (failure) => {
    lost(failure.message);
  });
  return reply === null ? { deferred: true } : deserialize(reply);
}

describe('what a command may say', () => {
  it.each<[string, Document, number]>([
    ['a command that is not known', { frobnicate: 1 }, 59],
    ['an option that is not known', { find: 'docs', returnKey: true }, 40415],
    ['a collation', { find: 'docs', collation: { locale: 'de' } }, 40415],
    ['a transaction', { find: 'docs', txnNumber: 1, autocommit: false, startTransaction: true }, 20],
    ['an update by pipeline', { update: 'docs', updates: [{ q: {}, u: [{ $set: { a: 1 } }] }] }, 9],
    ['array filters', { update: 'docs', updates: [{ q: {}, u: { $set: { a: 1 } }, arrayFilters: [{ x: 1 }] }] }, 40415],
    ['a positional update', { update: 'docs', updates: [{ q: {}, u: { $set: { 'a.$': 1 } } }] }, 2],
    ['$where', { find: 'docs', filter: { $where: 'true' } }, 2],
    ['$expr', { find: 'docs', filter: { $expr: true } }, 2],
    ['$lookup', { aggregate: 'docs', pipeline: [{ $lookup: {} }], cursor: {} }, 40324],
    [
      'an accumulator that is not known',
      { aggregate: 'docs', pipeline: [{ $group: { _id: 1, n: { $stdDevPop: '$n' } } }], cursor: {} },
      15952,
    ],
    [
      'an expression that is not known',
      { aggregate: 'docs', pipeline: [{ $project: { n: { $add: [1, 2] } } }], cursor: {} },
      168,
    ],
    ['a projection operator', { find: 'docs', projection: { a: { $slice: 1 } } }, 31325],
    ['a text index', { createIndexes: 'docs', indexes: [{ key: { a: 'text' }, name: 'a' }] }, 67],
    ['a sparse index', { createIndexes: 'docs', indexes: [{ key: { a: 1 }, name: 'a', sparse: true }] }, 67],
  ])('%s is refused with the code of MongoDB', (_, command, code) => {
    const engine = core();
    insert(engine, [{ _id: 1, a: [1] }]);
    const reply = engine.runDocument(DB, command);
    const writeError: Document | undefined = reply['writeErrors']?.[0];
    expect(writeError?.['code'] ?? reply['code']).toBe(code);
    expect(String(writeError?.['errmsg'] ?? reply['errmsg'])).not.toBe('');
    expect(found(engine)).toEqual([{ _id: 1, a: [1] }]);
  });

  it('is checked as BSON: bytes that are not whole are refused, never stored', () => {
    const engine = core();
    const command = serialize({ insert: 'docs', documents: [{ _id: 1, text: 'abc' }], $db: DB });
    for (let at = 4; at < command.length; at++) {
      const broken = command.slice();
      broken[at] = (broken[at] ?? 0) ^ 0x55;
      engine.run(broken, new Map(), () => undefined);
      engine.commit();
    }
    // What did get in by a changed letter is readable.
    for (const { name } of engine.runDocument(DB, { listCollections: 1 })['cursor'].firstBatch)
      expect(engine.runDocument(DB, { find: name })['ok']).toBe(1);
  });
});

describe('a document', () => {
  it('gets its _id in front, and one where it has none', () => {
    const engine = core({ newObjectId: () => new Uint8Array(12).fill(7) });
    insert(engine, [{ a: 1, _id: 5 }, { a: 2 }]);
    const docs = found(engine);
    expect(docs.map((d) => Object.keys(d))).toEqual([['_id', 'a'], ['_id', 'a']]); // prettier-ignore
    expect(String(docs[1]?.['_id'])).toBe('07'.repeat(12));
  });

  it('of more than 16 MB is refused', () => {
    const engine = core();
    const half = 'x'.repeat(9 * 1024 * 1024);
    insert(engine, [{ _id: 1, half }]);
    const reply = engine.runDocument(DB, {
      update: 'docs',
      updates: [{ q: { _id: 1 }, u: { $set: { other: half } } }],
    });
    expect(reply['writeErrors'][0].code).toBe(10334);
  });
});

describe('a group of writes', () => {
  it('is seen by a read in it, and gone after a crash before its commit', () => {
    const dir = mkdtempSync(join(tmpdir(), 'crossdock-engine-'));
    const file = join(dir, 'store.db');
    const first = new Engine({ file, now: () => 0 });
    first.runDocument(DB, { insert: 'docs', documents: [{ _id: 1 }] });
    run(first, { insert: 'docs', documents: [{ _id: 2 }] });
    expect(first.dirty).toBe(true);
    expect(run(first, { count: 'docs', query: {} })['n']).toBe(2);
    first.close();
    const second = core({ file });
    expect(found(second)).toEqual([{ _id: 1 }]);
    rmSync(dir, { recursive: true, force: true });
  });

  it('is lost as a whole when the disk is full, and says so once to all that waited', () => {
    const engine = core({ maxPages: 60 });
    insert(engine, [{ _id: 'kept' }]);
    run(engine, { insert: 'docs', documents: [{ _id: 'small' }] });
    const lost: string[] = [];
    const reply = run(engine, { insert: 'docs', documents: Array.from({ length: 300 }, (_, i) => ({ _id: i, filler: 'x'.repeat(1000) })) }, (m) => lost.push(m)); // prettier-ignore
    expect(reply['code']).toBe(14031);
    expect(lost).toHaveLength(1);
    expect(engine.dirty).toBe(false);
    expect(found(engine)).toEqual([{ _id: 'kept' }]);
    expect(insert(engine, [{ _id: 'next' }])['n']).toBe(1);
  });

  it('that made a collection and an index forgets both when it is lost', () => {
    const engine = core({ maxPages: 60 });
    run(engine, { createIndexes: 'fresh', indexes: [{ key: { a: 1 }, name: 'a' }] });
    run(engine, {
      insert: 'fresh',
      documents: Array.from({ length: 300 }, (_, i) => ({ _id: i, filler: 'x'.repeat(1000) })),
    });
    expect(engine.runDocument(DB, { listCollections: 1 })['cursor'].firstBatch).toEqual([]);
    expect(engine.runDocument(DB, { insert: 'fresh', documents: [{ _id: 1 }] })['n']).toBe(1);
  });
});

describe('an index', () => {
  it('knows after a restart that its field has held arrays', () => {
    const dir = mkdtempSync(join(tmpdir(), 'crossdock-engine-'));
    const file = join(dir, 'store.db');
    const first = new Engine({ file, now: () => 0 });
    first.runDocument(DB, { createIndexes: 'docs', indexes: [{ key: { n: 1 }, name: 'n' }] });
    first.runDocument(DB, { insert: 'docs', documents: [{ _id: 1, n: [1, 9] }] });
    first.close();
    // Met by two elements of one array, which no single range of keys shows.
    expect(found(core({ file }), { filter: { n: { $gt: 5, $lt: 3 } } })).toEqual([{ _id: 1, n: [1, 9] }]);
    rmSync(dir, { recursive: true, force: true });
  });

  it('is not changed by an update of other fields', () => {
    const engine = core();
    engine.runDocument(DB, { createIndexes: 'docs', indexes: [{ key: { a: 1 }, name: 'a' }, { key: { b: 1 }, name: 'b', partialFilterExpression: { c: 1 } }] }); // prettier-ignore
    insert(engine, [{ _id: 1, a: 1, b: 1, c: 0 }]);
    engine.runDocument(DB, { update: 'docs', updates: [{ q: { _id: 1 }, u: { $set: { z: 1 } } }] });
    expect(found(engine, { hint: 'a' })).toHaveLength(1);
    expect(found(engine, { hint: 'b' })).toHaveLength(0);
    // The partial filter reads `c`, so a change of `c` alone moves the document in and out.
    engine.runDocument(DB, { update: 'docs', updates: [{ q: { _id: 1 }, u: { $set: { c: 1 } } }] });
    expect(found(engine, { hint: 'b' })).toHaveLength(1);
  });

  it.each([
    ['from a prefix that a regex is anchored to', { sku: /^AB-1/ }, ['AB-1', 'AB-12']],
    ['without the last letter where that is optional', { sku: /^AB-12?$/ }, ['AB-1', 'AB-12']],
    ['and finds a regex that is stored as a value', { sku: /^x/ }, [/^x/]],
  ])('is walked %s', (_, filter, expected) => {
    const engine = core();
    engine.runDocument(DB, { createIndexes: 'docs', indexes: [{ key: { sku: 1 }, name: 'sku' }] });
    insert(engine, ['AB-1', 'AB-12', 'AB-2', 'AC', /^x/].map((sku, i) => ({ _id: i, sku }))); // prettier-ignore
    expect(found(engine, { filter }).map((d) => d['sku'])).toEqual(expected);
    const plan = engine.runDocument(DB, { explain: { find: 'docs', filter }, verbosity: 'executionStats' });
    expect(plan['queryPlanner'].winningPlan.inputStage.indexName).toBe('sku');
    expect(plan['executionStats'].totalDocsExamined).toBe(expected.length);
  });
});

describe('documents that expire', () => {
  it('go when their time has come by the given clock, and not before', () => {
    let now = 1_000_000;
    const engine = core({ now: () => now });
    engine.runDocument(DB, {
      createIndexes: 'docs',
      indexes: [{ key: { at: 1 }, name: 'ttl', expireAfterSeconds: 60 }],
    });
    insert(engine, [{ _id: 'old', at: new Date(now - 60_000) }, { _id: 'young', at: new Date(now - 59_999) }, { _id: 'never' }, { _id: 'text', at: 'x' }, { _id: 'early', at: new Date(-5) }]); // prettier-ignore
    expect(engine.purge()).toBe(2);
    engine.commit();
    expect(found(engine, { projection: { _id: 1 } }).map((d) => d['_id'])).toEqual(['young', 'never', 'text']);
    now += 1;
    expect(engine.purge()).toBe(1);
    expect(engine.purge()).toBe(0);
  });
});

describe('a cursor', () => {
  it('goes on after the writes of others, and ends with its collection', () => {
    const engine = core();
    insert(
      engine,
      Array.from({ length: 10 }, (_, i) => ({ _id: i })),
    );
    const cursor: Document = engine.runDocument(DB, { find: 'docs', batchSize: 4 })['cursor'];
    engine.runDocument(DB, { delete: 'docs', deletes: [{ q: { _id: { $lt: 8 } }, limit: 0 }] });
    const more: Document = run(engine, { getMore: BigInt(String(cursor['id'])), collection: 'docs' });
    const next: Document[] = more['cursor'].nextBatch;
    expect(next.at(-1)).toEqual({ _id: 9 });
    const open: Document = engine.runDocument(DB, { find: 'docs', batchSize: 1 })['cursor'];
    engine.runDocument(DB, { drop: 'docs' });
    expect(run(engine, { getMore: BigInt(String(open['id'])), collection: 'docs' })['code']).toBe(43);
  });

  it('that nobody asks for ten minutes is closed', () => {
    let now = 0;
    const engine = core({ now: () => now });
    insert(
      engine,
      Array.from({ length: 10 }, (_, i) => ({ _id: i })),
    );
    const cursor: Document = engine.runDocument(DB, { find: 'docs', batchSize: 4 })['cursor'];
    now = 10 * 60_000 + 1;
    engine.purge();
    expect(run(engine, { getMore: BigInt(String(cursor['id'])), collection: 'docs' })['code']).toBe(43);
  });
});

describe('a bounded core', () => {
  it('runs short reads and gives long ones away', () => {
    const engine = core({ readBudget: 50 });
    insert(
      engine,
      Array.from({ length: 500 }, (_, i) => ({ _id: i, n: i })),
    );
    engine.commit();
    expect(run(engine, { find: 'docs', filter: { _id: { $in: [1, 2, 3] } } })['cursor'].firstBatch).toHaveLength(3);
    expect(run(engine, { find: 'docs', filter: { n: -1 } })).toEqual({ deferred: true });
    expect(run(engine, { find: 'docs', batchSize: 10 })).toEqual({ deferred: true });
    expect(
      run(engine, { aggregate: 'docs', pipeline: [{ $group: { _id: null, n: { $sum: '$n' } } }], cursor: {} }),
    ).toEqual({ deferred: true });
    // A write must find its documents here, however long that takes.
    expect(run(engine, { update: 'docs', updates: [{ q: { n: 499 }, u: { $set: { n: 0 } } }] })['nModified']).toBe(1);
  });
});
