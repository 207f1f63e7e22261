/** TTL indexes: what has expired is deleted, in the order of expiry and in bounded steps. */
import { keyOf } from '../bson/key.ts';
import { Slice, T } from '../bson/slice.ts';
import { Writer } from '../bson/writer.ts';
import { asBytes, asNumber } from '../storage/storage.ts';
import type { Context } from './context.ts';

const STEP = 500;
const MIN_DATE = -(2n ** 63n);

/** Deletes up to 500 expired documents per index. @returns how many; call again while it is not 0. */
export function purgeExpired(context: Context, now: number): number {
  let purged = 0;
  for (const collection of context.catalog.all())
    for (const index of collection.indexes) {
      if (index.expireAfterSeconds === null) continue;
      const descending = index.fields[0]?.descending ?? false;
      const oldest = keyOf(dateOf(MIN_DATE), descending);
      const newest = keyOf(dateOf(BigInt(now - index.expireAfterSeconds * 1000)), descending);
      const [low, high] = descending ? [newest, oldest] : [oldest, newest];
      const rows = context.storage.rows(
        `SELECT DISTINCT c.rid, c.doc FROM i${index.id} i CROSS JOIN ${collection.table} c ON c.rid = i.rid WHERE i.key BETWEEN ? AND ? LIMIT ${STEP}`,
        low,
        high,
      );
      for (const row of rows) context.documents.remove(collection, asNumber(row[0]), asBytes(row[1]));
      purged += rows.length;
    }
  return purged;
}

function dateOf(ms: bigint): Slice {
  const w = new Writer(8);
  w.i64(ms);
  return new Slice(w.done(), T.date, 0, 8);
}
