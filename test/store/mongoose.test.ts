import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { Connection } from 'mongoose';
import { TARGETS } from './targets.ts';

interface Job {
  _id: string;
  kind: string;
  state: string;
  wanted: number;
  due: Date;
  lanes: string[];
  causes: { code: string; at: Date }[];
  v: number;
}

describe.each(TARGETS)('mongoose on $name', (target) => {
  let opened: { readonly uri: string; close(): Promise<void> };
  let connection: Connection;

  const jobSchema = new mongoose.Schema<Job>(
    {
      _id: String,
      kind: { type: String, required: true },
      state: { type: String, default: 'ready' },
      wanted: { type: Number, default: 0 },
      due: Date,
      lanes: [String],
      causes: [{ _id: false, code: String, at: Date }],
    },
    { versionKey: 'v', timestamps: true },
  );
  jobSchema.index({ state: 1, due: 1 }, { partialFilterExpression: { state: 'ready' } });
  jobSchema.index({ due: 1 }, { expireAfterSeconds: 3600 });

  beforeAll(async () => {
    opened = await target.open();
    connection = await mongoose.createConnection(opened.uri, { dbName: 'conformance_mongoose' }).asPromise();
    await connection.dropDatabase();
  }, 30_000);
  afterAll(async () => {
    await connection.dropDatabase();
    await connection.close();
    await opened.close();
  });

  it('builds the indexes of a schema and finds them in place', async () => {
    const jobs = connection.model<Job>('Job', jobSchema);
    await jobs.createIndexes();
    expect(await jobs.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });
  });

  it('saves, casts, loads and saves again by version', async () => {
    const jobs = connection.model<Job>('Job', jobSchema);
    const job = await new jobs({ _id: 'a', kind: 'pull', lanes: ['x'] })
      .set({ wanted: '5', due: '2026-01-02T03:04:05Z' })
      .save();
    expect(job.v).toBe(0);
    const loaded = await jobs.findById('a').orFail();
    loaded.causes.push({ code: 'gone', at: new Date(5) });
    loaded.lanes = ['y'];
    await loaded.save();
    const lean = await jobs.findById('a').lean().orFail();
    expect({ wanted: lean.wanted, due: lean.due, lanes: lean.lanes, causes: lean.causes, v: lean.v }).toEqual({
      wanted: 5,
      due: new Date('2026-01-02T03:04:05Z'),
      lanes: ['y'],
      causes: [{ code: 'gone', at: new Date(5) }],
      v: 1,
    });
  });

  it('upserts in bulk with $max and $setOnInsert, as a queue enqueues', async () => {
    const jobs = connection.model<Job>('Job', jobSchema);
    const enqueue = (wanted: number): Promise<unknown> =>
      jobs.bulkWrite(
        ['b', 'c'].map((id) => ({
          updateOne: {
            filter: { _id: id },
            update: { $max: { wanted }, $setOnInsert: { kind: 'push', state: 'ready' } },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    await enqueue(3);
    await enqueue(2);
    expect((await jobs.find({ kind: 'push' }).sort({ _id: 1 }).lean()).map((j) => [j._id, j.wanted])).toEqual([
      ['b', 3],
      ['c', 3],
    ]);
  });

  it('counts, streams and deletes', async () => {
    const jobs = connection.model<Job>('Job', jobSchema);
    await jobs.insertMany(Array.from({ length: 250 }, (_, i) => ({ _id: `s${i}`, kind: 'stream', wanted: i })));
    let sum = 0;
    for await (const job of jobs.find({ kind: 'stream' }).lean().cursor({ batchSize: 40 })) sum += job.wanted;
    expect(sum).toBe((249 * 250) / 2);
    expect(await jobs.countDocuments({ kind: 'stream', wanted: { $gte: 200 } })).toBe(50);
    expect((await jobs.deleteMany({ kind: 'stream' })).deletedCount).toBe(250);
    expect(await jobs.exists({ kind: 'stream' })).toBeNull();
  });
});
