import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Document } from 'bson';
import { Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import type { Collection, Db } from 'mongodb';
import { MongoBulkWriteError, MongoClient, MongoServerError } from 'mongodb';
import { TARGETS } from './targets.ts';

interface Doc extends Document {
  _id: string | number | ObjectId;
}

async function failure(run: Promise<unknown>): Promise<MongoServerError> {
  const error: unknown = await run.then(
    () => null,
    (e: unknown) => e,
  );
  if (error instanceof MongoServerError) return error;
  throw new Error(`expected a server error, got ${String(error)}`);
}

/** The access of a winning plan, wherever it stands in it. */
function access(explained: Document): { stage: string; index: string | null } {
  const text = JSON.stringify(explained['queryPlanner']['winningPlan']);
  const index = /"indexName":"([^"]+)"/.exec(text)?.[1] ?? null;
  return { stage: text.includes('COLLSCAN') ? 'COLLSCAN' : text.includes('IXSCAN') ? 'IXSCAN' : 'IDHACK', index };
}

describe.each(TARGETS)('a store on $name', (target) => {
  let opened: { readonly uri: string; close(): Promise<void> };
  let client: MongoClient;
  let db: Db;
  let docs: Collection<Doc>;
  const embedded = target.name === 'the embedded store';

  beforeAll(async () => {
    opened = await target.open();
    client = await new MongoClient(opened.uri).connect();
    db = client.db('conformance');
    await db.dropDatabase();
  }, 30_000);
  beforeEach(async () => {
    docs = db.collection<Doc>('docs');
    await docs.drop().catch(() => false);
  });
  afterAll(async () => {
    await db.dropDatabase();
    await client.close();
    await opened.close();
  });

  const ids = async (filter: Document, options: Document = {}): Promise<unknown[]> =>
    (await docs.find(filter, { sort: { _id: 1 }, projection: { _id: 1 }, ...options }).toArray()).map((d) => d._id);

  describe('types', () => {
    it('come back as they were stored', async () => {
      const stored = {
        _id: new ObjectId('65a000000000000000000001'),
        int: new Int32(5), double: new Double(5), long: Long.fromString('9007199254740993'), decimal: Decimal128.fromString('12.340'),
        date: new Date(-5), text: 'Größe \u{1F600}', nested: { list: [1, 'a', { b: null }] }, binary: Buffer.from([0, 1, 255]), regex: /a.b/i,
        min: new MinKey(), max: new MaxKey(), stamp: new Timestamp({ t: 5, i: 1 }), yes: true, none: null,
      }; // prettier-ignore
      await docs.insertOne(stored);
      const found = await docs.findOne({}, { promoteValues: false, promoteLongs: false });
      expect(Object.keys(found ?? {})).toEqual(Object.keys(stored));
      expect(found?.['int']).toEqual(new Int32(5));
      expect(found?.['double']).toEqual(new Double(5));
      expect(String(found?.['long'])).toBe('9007199254740993');
      expect(String(found?.['decimal'])).toBe('12.340');
      expect(found?.['date']).toEqual(new Date(-5));
    });

    it('compare across the number types, exactly past 2^53', async () => {
      await docs.insertMany([{ _id: 1, n: Long.fromString('9007199254740993') }, { _id: 2, n: new Double(9007199254740992) }, { _id: 3, n: Decimal128.fromString('9007199254740992.5') }, { _id: 4, n: new Int32(5) }, { _id: 5, n: new Double(5) }]); // prettier-ignore
      expect(await ids({ n: Long.fromString('9007199254740993') })).toEqual([1]);
      expect(await ids({ n: 5 })).toEqual([4, 5]);
      expect(await ids({ n: { $gt: 9007199254740992 } })).toEqual([1, 3]);
      expect((await docs.find().sort({ n: 1, _id: 1 }).toArray()).map((d) => d._id)).toEqual([4, 5, 2, 3, 1]);
    });
  });

  describe('filters', () => {
    beforeEach(async () => {
      await docs.insertMany([
        {
          _id: 1,
          a: 1,
          tags: ['x', 'y'],
          o: { p: 1, q: 2 },
          lines: [
            { sku: 's', n: 1 },
            { sku: 't', n: 9 },
          ],
        },
        { _id: 2, a: null, tags: [], o: { q: 2, p: 1 }, lines: [{ sku: 's', n: 9 }] },
        { _id: 3, tags: 'x', lines: [] },
        { _id: 4, a: 'Text', tags: [['x']], o: [{ p: 1 }, { p: 5 }] },
      ]);
    });

    it.each<[string, Document, unknown[]]>([
      ['null finds null and missing', { a: null }, [2, 3]],
      ['$exists tells them apart', { a: { $exists: false } }, [3]],
      ['$ne null finds what has a value', { a: { $ne: null } }, [1, 4]],
      ['equality looks into arrays', { tags: 'x' }, [1, 3]],
      ['equality with an array is exact, and looks one level in', { tags: ['x'] }, [4]],
      ['a document is equal only in the same order of fields', { o: { p: 1, q: 2 } }, [1]],
      ['dotted paths go through arrays of documents', { 'o.p': 5 }, [4]],
      ['two conditions on one array may be met by two elements', { 'lines.sku': 's', 'lines.n': 9 }, [1, 2]],
      ['$elemMatch wants one element that meets both', { lines: { $elemMatch: { sku: 's', n: 9 } } }, [2]],
      ['$elemMatch of operators looks at the values', { tags: { $elemMatch: { $gte: 'y' } } }, [1]],
      ['comparison stays within the type', { a: { $gte: 0 } }, [1]],
      ['$in takes null as missing too', { a: { $in: [1, null] } }, [1, 2, 3]],
      ['$nin is its opposite', { a: { $nin: [1, null] } }, [4]],
      ['$all wants each of them', { tags: { $all: ['x', 'y'] } }, [1]],
      ['$size counts elements', { tags: { $size: 0 } }, [2]],
      ['$type knows a type by name', { a: { $type: 'string' } }, [4]],
      ['$not includes what has no such field', { a: { $not: { $gt: 0 } } }, [2, 3, 4]],
      ['a regex matches anchored and without case', { a: /^te/i }, [4]],
      [
        '$or, $and and $nor combine',
        { $or: [{ a: 1 }, { $and: [{ a: null }, { $nor: [{ tags: { $size: 0 } }] }] }] },
        [1, 3],
      ],
      ['a place in an array can be named', { 'lines.0.n': 9 }, [2]],
    ])('%s', async (_, filter, expected) => {
      expect(await ids(filter)).toEqual(expected);
      expect(await docs.countDocuments(filter)).toBe(expected.length);
    });

    it('with an operator that is not known are refused, not answered', async () => {
      expect((await failure(docs.find({ a: { $foo: 1 } }).toArray())).code).toBe(2);
      expect((await failure(docs.find({ $foo: [] }).toArray())).code).toBe(2);
    });
  });

  describe('projections', () => {
    beforeEach(async () => {
      await docs.insertOne({ _id: 1, a: 1, o: { p: 1, q: 2 }, lines: [{ sku: 's', n: 1 }, 5] });
    });

    it.each<[Document, Document]>([
      [{ a: 1 }, { _id: 1, a: 1 }],
      [{ a: 1, _id: 0 }, { a: 1 }],
      [
        { 'o.p': 1, 'lines.sku': 1 },
        { _id: 1, o: { p: 1 }, lines: [{ sku: 's' }] },
      ],
      [
        { 'o.p': 0, lines: 0 },
        { _id: 1, a: 1, o: { q: 2 } },
      ],
      [{ 'lines.n': 0 }, { _id: 1, a: 1, o: { p: 1, q: 2 }, lines: [{ sku: 's' }, 5] }],
    ])('%j gives %j', async (projection, expected) => {
      expect(await docs.findOne({}, { projection })).toEqual(expected);
    });

    it('that both keep and drop are refused', async () => {
      expect((await failure(docs.findOne({}, { projection: { a: 1, o: 0 } }))).code).toBe(31254);
    });
  });

  describe('updates', () => {
    it.each<[string, Document, Document, Document]>([
      ['$set makes the documents on its way', { a: 1 }, { $set: { 'n.m': 5, a: 2 } }, { a: 2, n: { m: 5 } }],
      [
        '$set reaches into an array by place and fills with null',
        { l: [1] },
        { $set: { 'l.3': 9 } },
        { l: [1, null, null, 9] },
      ],
      ['$unset takes a field away', { a: 1, b: 2 }, { $unset: { a: '' } }, { b: 2 }],
      ['$inc begins at nothing', {}, { $inc: { n: 3 } }, { n: 3 }],
      [
        '$min and $max keep the lesser and the greater',
        { a: 5, b: 5 },
        { $min: { a: 3 }, $max: { b: 3 } },
        { a: 3, b: 5 },
      ],
      ['$push appends one', { l: [1] }, { $push: { l: { x: 1 } } }, { l: [1, { x: 1 }] }],
      [
        '$push appends each, sorts and cuts',
        { l: [5, 1] },
        { $push: { l: { $each: [3, 2], $sort: 1, $slice: 3 } } },
        { l: [1, 2, 3] },
      ],
      [
        '$push inserts at a position',
        { l: [1, 4] },
        { $push: { l: { $each: [2, 3], $position: 1 } } },
        { l: [1, 2, 3, 4] },
      ],
      [
        '$push sorts documents by a field',
        { l: [{ n: 2 }] },
        { $push: { l: { $each: [{ n: 3 }, { n: 1 }], $sort: { n: -1 }, $slice: -2 } } },
        { l: [{ n: 2 }, { n: 1 }] },
      ],
      ['$pull takes out values', { l: [1, 2, 1] }, { $pull: { l: 1 } }, { l: [2] }],
      [
        '$pull takes out by a condition on documents',
        { l: [{ a: 1, b: 1 }, { a: 2 }] },
        { $pull: { l: { a: 1 } } },
        { l: [{ a: 2 }] },
      ],
      ['$pull takes out by operators', { l: [1, 5, 9] }, { $pull: { l: { $gte: 5 } } }, { l: [1] }],
      ['$addToSet adds what is not there', { l: [1, 2] }, { $addToSet: { l: { $each: [2, 3, 3] } } }, { l: [1, 2, 3] }],
      ['$setOnInsert does nothing on an update', { a: 1 }, { $set: { b: 1 }, $setOnInsert: { c: 1 } }, { a: 1, b: 1 }],
    ])('%s', async (_, before, update, after) => {
      await docs.insertOne({ _id: 1, ...before });
      const result = await docs.updateOne({ _id: 1 }, update);
      expect({ matched: result.matchedCount, modified: result.modifiedCount }).toEqual({ matched: 1, modified: 1 });
      expect(await docs.findOne({ _id: 1 })).toEqual({ _id: 1, ...after });
    });

    it('that change nothing say so', async () => {
      await docs.insertOne({ _id: 1, a: 1 });
      const result = await docs.updateOne({ _id: 1 }, { $set: { a: 1 } });
      expect({ matched: result.matchedCount, modified: result.modifiedCount }).toEqual({ matched: 1, modified: 0 });
    });

    it('of numbers keep int32 until it overflows, then long', async () => {
      await docs.insertOne({ _id: 1, n: new Int32(2147483647) });
      await docs.updateOne({ _id: 1 }, { $inc: { n: 1 } });
      expect(await ids({ n: { $type: 'long' } })).toEqual([1]);
      expect(await ids({ n: 2147483648 })).toEqual([1]);
    });

    it.each<[string, Document, Document, number]>([
      ['$inc of a text', { a: 'x' }, { $inc: { a: 1 } }, 14],
      ['a change of _id', { a: 1 }, { $set: { _id: 2 } }, 66],
      ['two operators on one path', { a: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40],
      ['$push to a number', { a: 1 }, { $push: { a: 1 } }, 2],
      ['a path through a number', { a: 1 }, { $set: { 'a.b': 1 } }, 28],
      ['an operator that is not known', { a: 1 }, { $foo: { a: 1 } }, 9],
    ])('refuse %s and change nothing', async (_, before, update, code) => {
      await docs.insertOne({ _id: 1, ...before });
      expect((await failure(docs.updateOne({ _id: 1 }, update))).code).toBe(code);
      expect(await docs.findOne({ _id: 1 })).toEqual({ _id: 1, ...before });
    });

    it('with upsert insert the equalities of the filter and the update', async () => {
      const result = await docs.updateOne(
        { _id: 'k', state: 'new', n: { $gt: 5 } },
        { $set: { a: 1 }, $setOnInsert: { made: true } },
        { upsert: true },
      );
      expect(result.upsertedId).toBe('k');
      expect(await docs.findOne()).toEqual({ _id: 'k', state: 'new', a: 1, made: true });
    });

    it('with upsert on a key that is taken at another version fail with a duplicate key', async () => {
      await docs.insertOne({ _id: 'k', v: 2 });
      expect((await failure(docs.updateOne({ _id: 'k', v: 1 }, { $set: { a: 1 } }, { upsert: true }))).code).toBe(
        11000,
      );
      expect(await docs.findOne()).toEqual({ _id: 'k', v: 2 });
    });

    it('replace a whole document but its _id', async () => {
      await docs.insertOne({ _id: 1, a: 1 });
      await docs.replaceOne({ _id: 1 }, { b: 2 });
      expect(await docs.findOne()).toEqual({ _id: 1, b: 2 });
      expect((await failure(docs.replaceOne({ _id: 1 }, { _id: 2, b: 2 }))).code).toBe(66);
    });

    it('of many change each that matches', async () => {
      await docs.insertMany([
        { _id: 1, a: 1 },
        { _id: 2, a: 1 },
        { _id: 3, a: 2 },
      ]);
      const result = await docs.updateMany({ a: 1 }, { $set: { a: 3 } });
      expect(result.modifiedCount).toBe(2);
      expect(await ids({ a: 3 })).toEqual([1, 2]);
    });
  });

  describe('batches', () => {
    it('stop at the first failure when ordered', async () => {
      const error = await docs.insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }]).catch((e: unknown) => e);
      if (!(error instanceof MongoBulkWriteError)) throw new Error('expected a bulk write error');
      expect(error.insertedCount).toBe(1);
      expect(await ids({})).toEqual([1]);
    });

    it('go on past failures when unordered, and name each', async () => {
      const error = await docs
        .insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: 2 }], { ordered: false })
        .catch((e: unknown) => e);
      if (!(error instanceof MongoBulkWriteError)) throw new Error('expected a bulk write error');
      expect([error.writeErrors].flat().map((e) => [e.index, e.code])).toEqual([
        [1, 11000],
        [3, 11000],
      ]);
      expect(await ids({})).toEqual([1, 2]);
    });

    it('compare and set by version: of two that race for one version one wins', async () => {
      await docs.insertOne({ _id: 1, v: 1 });
      const result = await docs.bulkWrite([{ updateOne: { filter: { _id: 1, v: 1 }, update: { $set: { by: 'a' }, $inc: { v: 1 } } } }, { updateOne: { filter: { _id: 1, v: 1 }, update: { $set: { by: 'b' }, $inc: { v: 1 } } } }], { ordered: false }); // prettier-ignore
      expect(result.modifiedCount).toBe(1);
      expect(await docs.findOne()).toEqual({ _id: 1, v: 2, by: 'a' });
    });

    it('of a thousand statements of every kind count right', async () => {
      const many = Array.from({ length: 1000 }, (_, i) => i);
      await docs.bulkWrite(
        many.map((i) => ({ updateOne: { filter: { _id: i }, update: { $set: { n: i } }, upsert: true } })),
        { ordered: false },
      );
      expect(await docs.countDocuments()).toBe(1000);
      const removed = await docs.bulkWrite(
        many.slice(0, 400).map((i) => ({ deleteOne: { filter: { _id: i } } })),
        { ordered: false },
      );
      expect(removed.deletedCount).toBe(400);
      expect(await docs.countDocuments({ _id: { $in: many } })).toBe(600);
    });
  });

  it('tells a duplicate key by code, pattern, value and text', async () => {
    await docs.insertOne({ _id: 'x' });
    const error = await failure(docs.insertOne({ _id: 'x' }));
    expect({ code: error.code, pattern: error['keyPattern'], value: error['keyValue'] }).toEqual({
      code: 11000,
      pattern: { _id: 1 },
      value: { _id: 'x' },
    });
    expect(error.message).toContain('E11000 duplicate key error');
    if (embedded)
      expect(error.message).toBe(
        'E11000 duplicate key error collection: conformance.docs index: _id_ dup key: { _id: "x" }',
      );
  });

  describe('findOneAndUpdate', () => {
    it('answers the document before or after, and projects it', async () => {
      await docs.insertMany([
        { _id: 1, n: 1, o: 1 },
        { _id: 2, n: 5, o: 1 },
      ]);
      expect(await docs.findOneAndUpdate({ o: 1 }, { $inc: { n: 1 } }, { sort: { n: -1 } })).toEqual({
        _id: 2,
        n: 5,
        o: 1,
      });
      expect(
        await docs.findOneAndUpdate(
          { _id: 2 },
          { $inc: { n: 1 } },
          { returnDocument: 'after', projection: { n: 1, _id: 0 } },
        ),
      ).toEqual({ n: 7 });
      expect(await docs.findOneAndDelete({ _id: 1 })).toEqual({ _id: 1, n: 1, o: 1 });
      expect(await docs.findOneAndUpdate({ _id: 9 }, { $set: { n: 1 } })).toBeNull();
    });

    it('inserts with upsert', async () => {
      expect(
        await docs.findOneAndUpdate({ _id: 9 }, { $inc: { n: 1 } }, { upsert: true, returnDocument: 'after' }),
      ).toEqual({ _id: 9, n: 1 });
    });
  });

  describe('indexes', () => {
    const explain = async (filter: Document, options: Document = {}): Promise<Document> =>
      docs.find(filter, options).explain('executionStats');

    beforeEach(async () => {
      await docs.insertMany(Array.from({ length: 300 }, (_, i) => ({ _id: i, state: i % 3 === 0 ? 'ready' : 'done', kind: `k${i % 5}`, prio: i % 4, due: new Date(i), tags: [`t${i % 7}`, `u${i % 2}`] }))); // prettier-ignore
      await docs.createIndexes([
        { key: { state: 1, kind: 1, prio: -1, due: 1 }, name: 'claim' },
        { key: { tags: 1 }, name: 'tags' },
        { key: { due: -1 }, name: 'open', partialFilterExpression: { state: 'ready' } },
      ]);
    });

    it('answer an equality, a range and an order', async () => {
      const found = await docs.find({ state: 'ready', kind: 'k1' }, { sort: { prio: -1, due: 1 }, limit: 4 }).toArray();
      expect(found.map((d) => [d['prio'], Number(d['due'])])).toEqual([
        [3, 51],
        [3, 111],
        [3, 171],
        [3, 231],
      ]);
      expect(access(await explain({ state: 'ready', kind: 'k1' }, { sort: { prio: -1, due: 1 }, limit: 4 }))).toEqual({
        stage: 'IXSCAN',
        index: 'claim',
      });
    });

    it('look at no more than they must', async () => {
      if (!embedded) return;
      const explained = await explain(
        { state: 'ready', kind: { $in: ['k1', 'k2', 'k3'] } },
        { sort: { prio: -1, due: 1 }, limit: 5 },
      );
      expect(JSON.stringify(explained)).not.toContain('"SORT"');
      expect(explained['executionStats']['nReturned']).toBe(5);
      expect(explained['executionStats']['totalDocsExamined']).toBeLessThanOrEqual(8);
    });

    it('on arrays find a document once', async () => {
      expect(await ids({ tags: { $in: ['t0', 'u0'] }, _id: { $lt: 15 } })).toEqual([0, 2, 4, 6, 7, 8, 10, 12, 14]);
      expect(access(await explain({ tags: 't3' }))).toEqual({ stage: 'IXSCAN', index: 'tags' });
    });

    it('that are partial are used only where the query implies their filter', async () => {
      expect(access(await explain({ state: 'ready', due: { $gt: new Date(290) } }, { hint: 'open' }))).toEqual({
        stage: 'IXSCAN',
        index: 'open',
      });
      expect(access(await explain({ due: { $gt: new Date(290) } })).index).not.toBe('open');
      expect(await ids({ due: { $gt: new Date(296) } })).toEqual([297, 298, 299]);
    });

    it('are listed, dropped and made again', async () => {
      expect((await docs.indexes()).map((i) => i.name)).toEqual(['_id_', 'claim', 'tags', 'open']);
      await docs.dropIndex('claim');
      expect((await docs.indexes()).map((i) => i.name)).toEqual(['_id_', 'tags', 'open']);
      expect(await docs.createIndex({ tags: 1 }, { name: 'tags' })).toBe('tags');
    });

    it('that are unique refuse a second of one key', async () => {
      const unique = db.collection<Doc>('unique');
      await unique.drop().catch(() => false);
      await unique.createIndex({ email: 1 }, { unique: true, name: 'email' });
      await unique.insertOne({ _id: 1, email: 'a' });
      const error = await failure(unique.insertOne({ _id: 2, email: 'a' }));
      expect({ code: error.code, value: error['keyValue'] }).toEqual({ code: 11000, value: { email: 'a' } });
      await unique.insertOne({ _id: 3, email: 'b' });
      expect((await failure(unique.updateOne({ _id: 3 }, { $set: { email: 'a' } }))).code).toBe(11000);
    });

    it('of two arrays are refused', async () => {
      // MongoDB refuses them (code 171); the other engine stores both.
      if (!embedded) return;
      const pairs = db.collection<Doc>('pairs');
      await pairs.drop().catch(() => false);
      await pairs.createIndex({ a: 1, b: 1 });
      expect((await failure(pairs.insertOne({ _id: 1, a: [1], b: [2] }))).code).toBe(171);
    });

    it('are chosen by hint, and an unknown hint is refused', async () => {
      expect((await failure(docs.find({ state: 'ready' }, { hint: 'nothing' }).toArray())).code).toBe(2);
    });
  });

  describe('cursors', () => {
    it('give every document once over many batches', async () => {
      await docs.insertMany(Array.from({ length: 5000 }, (_, i) => ({ _id: i, n: i % 10 })));
      const found = await docs.find({ n: { $lt: 9 } }, { batchSize: 137 }).toArray();
      expect(new Set(found.map((d) => d._id)).size).toBe(4500);
      expect(found).toHaveLength(4500);
    });

    it('can be left in the middle', async () => {
      await docs.insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: i })));
      const cursor = docs.find({}, { batchSize: 10 });
      for (let i = 0; i < 15; i++) await cursor.next();
      await cursor.close();
      expect(await docs.countDocuments()).toBe(500);
    });

    it('skip and limit in order', async () => {
      await docs.insertMany(Array.from({ length: 30 }, (_, i) => ({ _id: i, n: 29 - i })));
      expect((await docs.find({}, { sort: { n: 1 }, skip: 5, limit: 3 }).toArray()).map((d) => d._id)).toEqual([
        24, 23, 22,
      ]);
    });
  });

  describe('aggregations', () => {
    beforeEach(async () => {
      await docs.insertMany([
        { _id: 1, k: 'a', n: 5, l: [1, 2] },
        { _id: 2, k: 'b', n: 7, l: [] },
        { _id: 3, k: 'a', n: 1 },
      ]);
    });

    it('group by a field with sums, extremes and counts', async () => {
      const groups = await docs
        .aggregate([
          { $group: { _id: '$k', n: { $sum: '$n' }, least: { $min: '$n' }, most: { $max: '$n' }, count: { $sum: 1 } } },
          { $sort: { _id: 1 } },
        ])
        .toArray();
      expect(groups).toEqual([
        { _id: 'a', n: 6, least: 1, most: 5, count: 2 },
        { _id: 'b', n: 7, least: 7, most: 7, count: 1 },
      ]);
    });

    it('group by several fields and count over all', async () => {
      expect(await docs.aggregate([{ $match: { n: { $gt: 1 } } }, { $group: { _id: { k: '$k', n: '$n' }, first: { $first: '$_id' } } }, { $sort: { first: 1 } }]).toArray()).toEqual([{ _id: { k: 'a', n: 5 }, first: 1 }, { _id: { k: 'b', n: 7 }, first: 2 }]); // prettier-ignore
      expect(await docs.aggregate([{ $match: { k: 'a' } }, { $count: 'n' }]).toArray()).toEqual([{ n: 2 }]);
    });

    it('unwind, sort, skip, limit and project', async () => {
      expect(await docs.aggregate([{ $unwind: '$l' }, { $project: { l: 1, key: '$k', _id: 0 } }]).toArray()).toEqual([
        { l: 1, key: 'a' },
        { l: 2, key: 'a' },
      ]);
      expect(
        await docs
          .aggregate([{ $sort: { n: -1 } }, { $skip: 1 }, { $limit: 1 }, { $project: { n: 1, _id: 0 } }])
          .toArray(),
      ).toEqual([{ n: 5 }]);
    });

    it('with a stage that is not known are refused', async () => {
      expect((await failure(docs.aggregate([{ $foo: {} }]).toArray())).code).toBe(40324);
    });

    it('give the distinct values of a path', async () => {
      expect((await docs.distinct('l')).sort()).toEqual([1, 2]);
    });
  });

  it('knows its collections and sizes', async () => {
    await docs.insertOne({ _id: 1 });
    expect((await db.listCollections({}, { nameOnly: true }).toArray()).map((c) => c.name)).toContain('docs');
    expect(await docs.estimatedDocumentCount()).toBe(1);
    expect((await failure(db.command({ noSuchCommand: 1 }))).code).toBe(59);
  });

  it('tells its clock, so that workers can share one', async () => {
    const { localTime } = await db.command({ hello: 1 });
    expect(Math.abs(Number(localTime) - Date.now())).toBeLessThan(60_000);
  });
});
