/**
 * Opens the store of argv[2] and writes until it is killed. Every acknowledged write is told on stdout, after it was
 * acknowledged: `insert <id>` and `add <counter> <value>`. A document's parts must agree: a half one would show.
 * When the server goes, a write whose reply was lost is repeated by its key, or looked up, as the product's jobs do.
 */
import type { Collection } from 'mongodb';
import { MongoClient, MongoServerError } from 'mongodb';
import { openEmbedded } from '../../../src/store/embedded/index.ts';

const [, , file = '', run = '0'] = process.argv;
const store = await openEmbedded({ file, onExit: () => undefined });
const client = await new MongoClient(store.uri, { serverSelectionTimeoutMS: 10_000 }).connect();
const docs = client.db().collection<{ _id: string; n: number; twice: number; filler: string; parts: number[] }>('docs');
const counters: Collection<{ _id: string; n: number; log: number[] }> = client.db().collection('counters');
let told = '';
function tellRole(): void {
  if (store.role === told) return;
  told = store.role;
  process.stdout.write(`role ${told}\n`);
}
tellRole();
setInterval(tellRole, 20);

async function insertOnce(id: string, n: number): Promise<void> {
  for (;;) {
    try {
      await docs.insertOne({
        _id: id,
        n,
        twice: n * 2,
        filler: String(n % 10).repeat(3000 + (n % 4000)),
        parts: [n, n + 1],
      });
      return;
    } catch (error) {
      if (!(error instanceof MongoServerError)) continue;
      if (error.code === 11000) return;
      throw error;
    }
  }
}

/** @returns the counter's value that is known to be kept. */
async function addOne(id: string, from: number): Promise<number> {
  for (;;) {
    try {
      const result = await counters.updateOne(
        { _id: id, n: from },
        { $inc: { n: 1 }, $push: { log: from } },
        { upsert: from === 0 },
      );
      if (result.matchedCount + result.upsertedCount === 1) return from + 1;
    } catch (error) {
      if (error instanceof MongoServerError && error.code !== 11000) throw error;
    }
    const found = await counters.findOne({ _id: id }).catch(() => null);
    if (found !== null && found.n === from + 1) return found.n;
  }
}

async function write(caller: number): Promise<void> {
  const counter = `${run}:${caller}`;
  let value = 0;
  for (let i = 0; ; i++) {
    const id = `${run}:${caller}:${i}`;
    await insertOnce(id, i * 7 + caller);
    process.stdout.write(`insert ${id}\n`);
    value = await addOne(counter, value);
    process.stdout.write(`add ${counter} ${value}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, caller) => write(caller)));
