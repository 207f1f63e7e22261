import { orderId, type ConnectionId, type ExternalId, type OrderId } from '../domain/ids.ts';
import { checkTotals, type Priced } from '../domain/order-totals.ts';
import type { OrderLine } from '../domain/order.ts';
import type { BookingProblem, PlannedLine, Stage } from '../store/documents.ts';
import { levelId } from '../store/level-records.ts';
import type { Store } from '../store/open-store.ts';
import type { Finding, Findings } from './finding.ts';
import { inGroups, jobKey, jobsThere, WORK } from './job-look-up.ts';
import type { LevelMarks } from './level-marks.ts';

const TOGETHER = 250;

interface Row {
  readonly _id: OrderId;
  readonly connection: ConnectionId;
  readonly externalId: ExternalId;
  readonly number: string;
  readonly revision: number;
  readonly stage: Stage;
  readonly problems: readonly BookingProblem[];
  readonly plan: {
    readonly revision: number;
    readonly applied: boolean;
    readonly lines: readonly PlannedLine[];
    readonly prior: readonly PlannedLine[];
  } | null;
  readonly order: Priced;
}

const FIELDS = {
  connection: 1,
  externalId: 1,
  number: 1,
  revision: 1,
  stage: 1,
  problems: 1,
  'plan.revision': 1,
  'plan.applied': 1,
  'plan.lines': 1,
  'plan.prior': 1,
  'order.lines': 1,
  'order.shipping': 1,
  'order.fees': 1,
  'order.refunds': 1,
  'order.totals': 1,
  'order.taxIncluded': 1,
} as const;

export interface OrderCounts {
  orders: number;
  planned: number;
  revisions: number;
  rounding: number;
  unbooked: number;
}

/** What must be seen in `jobs` for something to be right that otherwise is not. */
interface Suspicion {
  readonly finding: Finding;
  /** Any one of these jobs clears it: the work is still to be done. Empty = nothing does. */
  readonly keys: readonly string[];
}

/**
 * Every order by itself: its id is that of its binding (I2), no plan sets aside more than was ordered (I3), what it adds
 * up to is the channel's total or a difference that finance has been told of (I4), and no revision is missing (I5).
 * What applied plans reserve is noted in `marks`. Each suspicion is looked at again before it counts, because a worker
 * may have been between two writes.
 */
export async function checkOrders(store: Store, findings: Findings, marks: LevelMarks): Promise<OrderCounts> {
  const counts: OrderCounts = { orders: 0, planned: 0, revisions: 0, rounding: 0, unbooked: 0 };
  const cursor = store.collections.orders.find({}).project<Row>(FIELDS).sort({ _id: 1 }).batchSize(TOGETHER);
  for await (const group of inGroups(cursor, TOGETHER)) {
    for (const row of group) {
      counts.orders += 1;
      if (row.plan !== null) counts.planned += 1;
      if (row.problems.length > 0) counts.unbooked += 1;
      if (checkTotals(row.order).some(({ kind }) => kind === 'rounding')) counts.rounding += 1;
      if (row.plan?.applied !== true) continue;
      for (const { sku, location, line, quantity } of row.plan.lines)
        marks.planned(levelId(sku, location), row._id, line, quantity);
    }
    counts.revisions += group.reduce((sum, row) => sum + row.revision, 0);
    const suspects = await suspicionsOf(store, group);
    if (suspects.size === 0) continue;
    const again = await store.collections.orders
      .find({ _id: { $in: [...suspects.keys()] } })
      .project<Row>(FIELDS)
      .toArray();
    for (const list of (await suspicionsOf(store, again)).values()) for (const finding of list) findings.add(finding);
  }
  return counts;
}

async function suspicionsOf(store: Store, group: readonly Row[]): Promise<Map<OrderId, Finding[]>> {
  const suspicions = new Map(group.map((row) => [row._id, suspicionsOfOne(row)]));
  const keys = [...suspicions.values()].flatMap((list) => list.flatMap((suspicion) => suspicion.keys));
  const there = await jobsThere(store, keys);
  const found = new Map<OrderId, Finding[]>();
  for (const [id, list] of suspicions) {
    const left = list.filter((suspicion) => !suspicion.keys.some((key) => there.has(key)));
    if (left.length > 0)
      found.set(
        id,
        left.map(({ finding }) => finding),
      );
  }
  for (const finding of await missingRevisions(store, group)) {
    found.set(finding.where, [...(found.get(finding.where) ?? []), finding]);
  }
  return found;
}

function suspicionsOfOne(row: Row): Suspicion[] {
  const { _id, plan } = row;
  const suspicions: Suspicion[] = [];
  const suspect = (invariant: Finding['invariant'], says: string, keys: readonly string[] = []): void => {
    suspicions.push({ finding: { invariant, where: _id, says: `${row.number}: ${says}` }, keys });
  };
  const planning = [jobKey(WORK.normalize, _id), jobKey(WORK.allocate, _id)];
  if (_id !== orderId(row.connection, row.externalId)) {
    suspect('I2', `is not the id that ${row.connection} ${row.externalId} gives`);
  }
  if (row.stage === 'captured') suspect('I6', 'was captured, and nobody plans it', planning);
  if (plan !== null) {
    const touched = [...plan.lines, ...plan.prior];
    const settling = [
      ...planning,
      ...touched.map(({ sku }) => jobKey(WORK.drain, sku)),
      ...touched.map(({ sku, location }) => jobKey(WORK.shortfall, levelId(sku, location))),
    ];
    if (!plan.applied) suspect('I3', 'its plan was set and never applied, and nobody goes on with it', settling);
    for (const says of overPlanned(plan.lines, row.order.lines))
      suspect('I3', says, plan.revision < row.revision ? settling : []);
  }
  suspicions.push(...bookingSuspicions(row));
  return suspicions;
}

/** Σ reserved of a line ≤ what was ordered of it, by component. */
function overPlanned(planned: readonly PlannedLine[], lines: readonly OrderLine[]): string[] {
  const sums = new Map<string, { line: string; sku: string; quantity: number }>();
  for (const { line, sku, quantity } of planned) {
    const sum = sums.get(`${line}/${sku}`) ?? { line, sku, quantity: 0 };
    sum.quantity += quantity;
    sums.set(`${line}/${sku}`, sum);
  }
  const wrong: string[] = [];
  for (const { line, sku, quantity } of sums.values()) {
    const ordered = lines.find(({ id }) => id === line);
    let most = 0;
    for (const component of ordered?.components ?? [])
      if (component.sku === sku) most += component.quantity * (ordered?.ordered ?? 0);
    if (quantity > most) wrong.push(`${quantity} × ${sku} are planned for line ${line}, ${most} were ordered`);
  }
  return wrong;
}

function bookingSuspicions(row: Row): Suspicion[] {
  if (row.stage === 'history') return [];
  const suspicions: Suspicion[] = [];
  const where = row._id;
  const unexplained = checkTotals(row.order).filter(({ kind }) => kind === 'unexplained');
  if (unexplained.length > 0 && !row.problems.some(({ code }) => code === 'totals-differ')) {
    const pieces = unexplained.map(({ piece, by }) => `${piece} by ${by}`).join(', ');
    suspicions.push({
      finding: {
        invariant: 'I4',
        where,
        says: `${row.number}: does not add up (${pieces} minor units), and nobody was told`,
      },
      keys: [],
    });
  }
  if (row.problems.length > 0) {
    const keys = [jobKey(WORK.account, where), jobKey(WORK.normalize, where)];
    suspicions.push({
      finding: { invariant: 'I4', where, says: `${row.number}: cannot be booked, and is not parked for finance` },
      keys,
    });
  }
  return suspicions;
}

async function missingRevisions(store: Store, group: readonly Row[]): Promise<Finding[]> {
  const expected = group.flatMap(({ _id, revision }) =>
    Array.from({ length: revision - 1 }, (_, index) => ({ order: _id, id: `${_id}#${index + 1}` })),
  );
  if (expected.length === 0) return [];
  const rows = await store.collections.revisions
    .find({ _id: { $in: expected.map(({ id }) => id) } })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  const there = new Set(rows.map((row) => row._id));
  return expected
    .filter(({ id }) => !there.has(id))
    .map(({ order, id }) => ({ invariant: 'I5', where: order, says: `the superseded revision ${id} is missing` }));
}
