import { orderId, type ConnectionId, type ExternalId, type OrderId } from '../domain/ids.ts';
import type { Store } from '../store/open-store.ts';
import type { Findings } from './finding.ts';
import { inGroups, jobKey, jobsThere, WORK } from './job-look-up.ts';

const TOGETHER = 500;

interface Row {
  readonly _id: string;
  readonly record: OrderId;
  readonly n: number;
  readonly connection: ConnectionId;
  readonly externalId: ExternalId;
  readonly version: number;
}

/** What was observed of one record. */
interface Observed {
  readonly id: OrderId;
  readonly numbers: number[];
  newest: number;
}

export interface RawCounts {
  readonly observations: number;
  readonly records: number;
}

/**
 * Nothing that was observed is lost (I1): each record has its order at the newest version observed, or a job that will
 * make it so. Each observation is bound to the id that its binding gives (I2), and none is missing in its row (I5).
 */
export async function checkRaws(store: Store, findings: Findings): Promise<RawCounts> {
  const cursor = store.collections.raws
    .find({ kind: 'order' })
    .project<Row>({ record: 1, n: 1, connection: 1, externalId: 1, version: 1 })
    .sort({ _id: 1 })
    .batchSize(1_000);
  let observations = 0;
  let records = 0;
  for await (const group of inGroups(byRecord(cursor, findings), TOGETHER)) {
    records += group.length;
    for (const { id, numbers } of group) {
      observations += numbers.length;
      if (Math.max(...numbers) === numbers.length) continue;
      findings.add({
        invariant: 'I5',
        where: id,
        says: `of ${Math.max(...numbers)} raw observations ${numbers.length} are there`,
      });
    }
    await checkApplied(store, group, findings);
  }
  return { observations, records };
}

async function* byRecord(rows: AsyncIterable<Row>, findings: Findings): AsyncGenerator<Observed> {
  let current: Observed | null = null;
  for await (const row of rows) {
    if (row.record !== orderId(row.connection, row.externalId) || row._id !== `${row.record}#${row.n}`) {
      findings.add({
        invariant: 'I2',
        where: row._id,
        says: `is not the id that ${row.connection} ${row.externalId} gives`,
      });
    }
    if (current === null || current.id !== row.record) {
      if (current !== null) yield current;
      current = { id: row.record, numbers: [], newest: 0 };
    }
    current.numbers.push(row.n);
    current.newest = Math.max(current.newest, row.version);
  }
  if (current !== null) yield current;
}

async function checkApplied(store: Store, group: readonly Observed[], findings: Findings): Promise<void> {
  const behind = await notApplied(store, group);
  if (behind.length === 0) return;
  const there = await jobsThere(
    store,
    behind.map(({ id }) => jobKey(WORK.normalize, id)),
  );
  const jobless = behind.filter(({ id }) => !there.has(jobKey(WORK.normalize, id)));
  // Its job may have ended between the two looks, having applied it. What was erased nobody can apply any more.
  const left = await notApplied(store, jobless);
  const keys = await keysThere(store, left);
  for (const { id } of left.filter((record) => keys.has(record.id))) {
    findings.add({ invariant: 'I1', where: id, says: 'was observed, but neither applied nor waiting to be' });
  }
}

async function notApplied(store: Store, group: readonly Observed[]): Promise<Observed[]> {
  if (group.length === 0) return [];
  const heads = await store.collections.orders
    .find({ _id: { $in: group.map(({ id }) => id) } })
    .project<{ _id: OrderId; version: number }>({ version: 1 })
    .toArray();
  const versions = new Map(heads.map((head) => [head._id, head.version]));
  return group.filter(({ id, newest }) => (versions.get(id) ?? -1) < newest);
}

/** The records that can still be read: looked up in the store, not in the vault's memory of keys. */
async function keysThere(store: Store, records: readonly Observed[]): Promise<ReadonlySet<string>> {
  if (records.length === 0) return new Set();
  const rows = await store.collections.keys
    .find({ _id: { $in: records.map(({ id }) => id) } })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  return new Set(rows.map((row) => row._id));
}
