/**
 * Opens the store of argv[2] and writes until it is killed. Every acknowledged write is told on stdout, after it was
 * acknowledged: `insert <id>` and `add <counter> <value>`. A document's parts must agree: a half one would show.
 */
import { MongoClient } from 'mongodb';
import { openEmbedded } from '../../../src/store/embedded/index.ts';

const [, , file = '', run = '0'] = process.argv;
const store = await openEmbedded({ file, onExit: () => undefined });
const client = await new MongoClient(store.uri, { serverSelectionTimeoutMS: 10_000 }).connect();
const docs = client.db().collection<{ _id: string; n: number; twice: number; filler: string; parts: number[] }>('docs');
const counters = client.db().collection<{ _id: string; n: number; log: number[] }>('counters');
process.stdout.write(`role ${store.role}\n`);

async function write(caller: number): Promise<void> {
  for (let i = 0; ; i++) {
    const id = `${run}:${caller}:${i}`;
    const n = i * 7 + caller;
    await docs.insertOne({
      _id: id,
      n,
      twice: n * 2,
      filler: String(n % 10).repeat(3000 + (n % 4000)),
      parts: [n, n + 1],
    });
    process.stdout.write(`insert ${id}\n`);
    const counter = `${run}:${caller}`;
    await counters.updateOne({ _id: counter }, { $inc: { n: 1 }, $push: { log: i } }, { upsert: true });
    process.stdout.write(`add ${counter} ${i + 1}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, caller) => write(caller)));
