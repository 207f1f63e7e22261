import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { linesOf } from './lines.ts';
import { openEmbedded } from '../../src/store/embedded/index.ts';

/** The baseline: the same raw orders, as documents, in plain bulk inserts of 1,000 into the same kind of store. Prints one JSON line. */
const [file = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'crossdock-bench-'));
const server = await openEmbedded({ file: join(folder, 'store.db') });
const connection = await mongoose
  .createConnection(server.uri, { writeConcern: { w: 'majority', j: true } })
  .asPromise();
const plain = connection.collection<{ _id: string; order: unknown }>('plain');
let batch: { _id: string; order: unknown }[] = [];
let inserted = 0;
let ms = 0;
let cpu = 0;

async function insert(): Promise<void> {
  const [at, before] = [performance.now(), process.cpuUsage()];
  await plain.insertMany(batch, { ordered: false });
  const used = process.cpuUsage(before);
  ms += performance.now() - at;
  cpu += (used.user + used.system) / 1_000;
  inserted += batch.length;
  batch = [];
}

for await (const line of linesOf(file)) {
  const { id, body }: { id: string; body: string } = JSON.parse(line);
  batch.push({ _id: id, order: JSON.parse(body) });
  if (batch.length === 1_000) await insert();
}
if (batch.length > 0) await insert();
await connection.close();
await server.close();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(
  `${JSON.stringify({ inserted, perSecond: Math.round((inserted / ms) * 1_000), cpuMsPerOrder: cpu / inserted })}\n`,
);
