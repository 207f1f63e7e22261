/**
 * What the embedded store does per second on this machine, through the core alone (server work, no sockets or driver)
 * and through the driver on its socket. Run: `node test/bench/store.ts [documents]`.
 */
import { cpus, tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'bson';
import type { Document } from 'bson';
import { MongoClient } from 'mongodb';
import { Engine, openEmbedded } from '../../src/store/embedded/index.ts';

const BATCH = 1000;
const total = Number(process.argv[2] ?? 50_000);
const dir = mkdtempSync(join(tmpdir(), 'crossdock-bench-'));
const kinds = ['normalize', 'allocate', 'push'];

function document(i: number): Document {
  return {
    _id: `job:${String(i).padStart(8, '0')}`,
    v: 1,
    kind: kinds[i % 3],
    lane: `lane-${i % 997}`,
    state: i % 10 === 0 ? 'ready' : 'done',
    prio: i % 3,
    due: new Date(1_700_000_000_000 + i * 1000),
    wanted: 1,
    reserved: Array.from({ length: 4 }, (_, n) => ({ line: `line-${i}-${n}`, quantity: n + 1, rev: 1 })),
    payload: 'x'.repeat(560),
  };
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

interface Timing {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function measured(body: () => void): Timing {
  const cpu = process.cpuUsage();
  const start = performance.now();
  body();
  const used = process.cpuUsage(cpu);
  return { wallMs: performance.now() - start, cpuMs: (used.user + used.system) / 1000 };
}

function perSecond(name: string, operations: number, { wallMs, cpuMs }: Timing): void {
  const rate = Math.round((operations / wallMs) * 1000).toLocaleString('en');
  console.log(
    `${name.padEnd(58)} ${rate.padStart(9)} /s  ${((cpuMs * 1000) / operations).toFixed(1).padStart(7)} µs CPU each`,
  );
}

function perCall(name: string, calls: number, { wallMs, cpuMs }: Timing): void {
  console.log(
    `${name.padEnd(58)} ${(wallMs / calls).toFixed(3).padStart(9)} ms  ${((cpuMs * 1000) / calls).toFixed(1).padStart(7)} µs CPU each`,
  );
}

/** Commands are serialized before the clock starts: what is measured is the server's part. */
function commands(list: readonly Document[]): Uint8Array[] {
  return list.map((command) => serialize({ ...command, $db: 'bench' }));
}

function runAll(engine: Engine, list: readonly Uint8Array[]): void {
  for (const body of list) {
    const reply = engine.run(body, new Map(), () => undefined);
    if (engine.dirty) engine.commit();
    // The document {…, ok: 1} ends in the double 1; an error reply does not.
    if (reply === null || reply.at(-2) !== 0x3f)
      throw new Error(`a command failed: ${Buffer.from(reply ?? []).toString('latin1')}`);
  }
}

function core(): void {
  const engine = new Engine({ file: join(dir, 'core.db'), now: () => Date.now() });
  const indexes = [
    { key: { state: 1, kind: 1, prio: -1, due: 1 }, name: 'claim' },
    { key: { lane: 1 }, name: 'lane', partialFilterExpression: { state: 'ready' } },
  ];
  runAll(engine, commands([{ createIndexes: 'plain', indexes: [] as Document[] }].slice(1)));
  runAll(engine, commands([{ createIndexes: 'jobs', indexes }]));
  const batches = range(0, total / BATCH).map((b) => range(b * BATCH, BATCH));

  const plain = commands(batches.map((ids) => ({ insert: 'plain', documents: ids.map(document) })));
  perSecond('insert, 1 KB, batches of 1,000, no secondary index', total, measured(() => { runAll(engine, plain); })); // prettier-ignore
  const indexed = commands(batches.map((ids) => ({ insert: 'jobs', documents: ids.map(document) })));
  perSecond('insert, 1 KB, batches of 1,000, two secondary indexes', total, measured(() => { runAll(engine, indexed); })); // prettier-ignore

  const updates = commands(
    batches.map((ids) => ({
      update: 'jobs',
      ordered: false,
      updates: ids.map((i) => ({
        q: { _id: document(i)['_id'], v: 1 },
        u: {
          $set: { v: 2, tail: i },
          $push: { reserved: { $each: [{ line: 'new', quantity: 1, rev: 2 }] } },
          $inc: { wanted: 1 },
        },
      })),
    })),
  );
  perSecond('update by {_id, v}: $set, $push, $inc, batches of 1,000', total, measured(() => { runAll(engine, updates); })); // prettier-ignore
  const claims = commands(
    batches.map((ids) => ({
      update: 'jobs',
      ordered: false,
      updates: ids.map((i) => ({
        q: { _id: document(i)['_id'], v: 2 },
        u: { $set: { v: 3, state: i % 10 === 0 ? 'ready' : 'running', owner: 7 } },
      })),
    })),
  );
  perSecond('update that moves a key of a compound index', total, measured(() => { runAll(engine, claims); })); // prettier-ignore

  const calls = 100;
  const claim = commands([{ find: 'jobs', filter: { state: 'ready', kind: { $in: kinds }, due: { $lte: new Date(1_800_000_000_000) } }, sort: { prio: -1, due: 1 }, limit: 250, batchSize: 250 }]); // prettier-ignore
  const claimOne = commands([{ find: 'jobs', filter: { state: 'ready', kind: 'push', due: { $lte: new Date(1_800_000_000_000) } }, sort: { prio: -1, due: 1 }, projection: { _id: 1, lane: 1, v: 1 }, limit: 250, batchSize: 250 }]); // prettier-ignore
  const byIds = commands([{ find: 'jobs', filter: { _id: { $in: range(0, 500).map((i) => document((i * 97) % total)['_id']) } }, batchSize: 500 }]); // prettier-ignore
  const repeat = (list: readonly Uint8Array[]) => () => {
    for (let i = 0; i < calls; i++) runAll(engine, list);
  };
  perCall('claim: find limit 250, one kind, projected', calls, measured(repeat(claimOne)));
  perCall('claim: find limit 250, three kinds merged, whole documents', calls, measured(repeat(claim)));
  perCall('find _id $in 500', calls, measured(repeat(byIds)));
  const one = commands([{ find: 'jobs', filter: { _id: document(5)['_id'] }, limit: 1 }]);
  perCall('find one by _id', calls * 50, measured(() => { for (let i = 0; i < 50; i++) repeat(one)(); })); // prettier-ignore

  const grown = commands([{ insert: 'hot', documents: [{ _id: 'level', v: 0, free: 0, reserved: range(0, 500).map((n) => ({ line: `line-${n}`, quantity: 1, rev: 1 })) }] }]); // prettier-ignore
  runAll(engine, grown);
  const pushes = commands(range(0, 2000).map((v) => ({ update: 'hot', updates: [{ q: { _id: 'level', v }, u: { $inc: { v: 1, free: -1 }, $push: { reserved: { line: 'more', quantity: 1, rev: 1 } } } }] }))); // prettier-ignore
  const before = measured(() => { for (const body of pushes) engine.run(body, new Map(), () => undefined); engine.commit(); }); // prettier-ignore
  perSecond('$push on an array of 500 to 2,500 entries, one at a time', 2000, before);
  const removal = commands(
    batches.map((ids) => ({ delete: 'jobs', deletes: ids.map((i) => ({ q: { _id: document(i)['_id'] }, limit: 1 })) })),
  );
  perSecond('delete by _id, batches of 1,000', total, measured(() => { runAll(engine, removal); })); // prettier-ignore
  engine.close();
}

async function throughDriver(): Promise<void> {
  const store = await openEmbedded({ file: join(dir, 'served.db'), database: 'bench' });
  const client = await new MongoClient(store.uri).connect();
  const jobs = client.db().collection<{ _id: string; n: number; filler: string }>('jobs');
  const cpu = process.cpuUsage();
  const timed = async (name: string, operations: number, body: () => Promise<unknown>): Promise<void> => {
    const from = process.cpuUsage(cpu);
    const start = performance.now();
    await body();
    const to = process.cpuUsage(cpu);
    perSecond(name, operations, {
      wallMs: performance.now() - start,
      cpuMs: (to.user + to.system - from.user - from.system) / 1000,
    });
  };
  const docs = range(0, 20_000).map((n) => ({ _id: `d${n}`, n, filler: 'x'.repeat(900) }));
  await timed('driver: insertMany of 1,000', docs.length, async () => {
    for (let i = 0; i < docs.length; i += BATCH) await jobs.insertMany(docs.slice(i, i + BATCH), { ordered: false });
  });
  await timed('driver: bulkWrite of 1,000 updateOne', docs.length, async () => {
    for (let i = 0; i < docs.length; i += BATCH)
      await jobs.bulkWrite(
        docs
          .slice(i, i + BATCH)
          .map((d) => ({ updateOne: { filter: { _id: d._id, n: d.n }, update: { $inc: { n: 1 } } } })),
        { ordered: false },
      );
  });
  await timed('driver: findOne by _id, one caller', 3000, async () => {
    for (let i = 0; i < 3000; i++) await jobs.findOne({ _id: `d${i}` });
  });
  await timed('driver: findOneAndUpdate, 32 callers', 6400, async () => {
    await Promise.all(range(0, 32).map(async (c) => {
      for (let i = 0; i < 200; i++) await jobs.findOneAndUpdate({ _id: `d${c * 200 + i}` }, { $inc: { n: 1 } });
    }));
  }); // prettier-ignore
  await client.close();
  await store.close();
}

console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, node ${process.version}, ${total.toLocaleString('en')} documents of ${serialize(document(1)).length} bytes, synchronous=FULL`); // prettier-ignore
try {
  core();
  await throughDriver();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
