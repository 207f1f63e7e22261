import type { Observed } from '../connector/contract.ts';
import { asSyncError, SyncError } from '../domain/errors.ts';
import { bookingProblems } from '../domain/booking.ts';
import type { OrderId } from '../domain/ids.ts';
import { NOBODY, type Order, type Personal } from '../domain/order.ts';
import { describeDifference, differOrders } from '../domain/order-difference.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { OrderDocument, TrailEntry } from '../store/documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import { personalPlace, readPersonal, storedOrder, type RevisableOrder } from '../store/order-records.ts';
import { KEPT_OPEN_MS, type OpenedRaw } from '../store/raw-records.ts';
import type { DataKey } from '../store/vault.ts';
import { connectionOf, orderSource, type Flow, type FlowConnection } from './flow.ts';
import { readOrder } from './read-order.ts';
import { KIND, wantAccountOrder, wantAllocateOrder, wantPullOrder } from './wanted.ts';

type Draft = Omit<RevisableOrder, 'v' | 'by'>;

/** What the observations of one order come to. */
interface Reading {
  readonly before: RevisableOrder | undefined;
  after: Draft | null;
  /** Revisions that are superseded by this reading, to be kept. */
  readonly superseded: (Draft | RevisableOrder)[];
  readonly trail: TrailEntry[];
  /** What is to be shipped has changed. */
  affectsAllocation: boolean;
  /** The newest observation cannot be read. */
  error: SyncError | null;
  /** Two contents of one version: the order is asked for by its id. */
  disputed: boolean;
}

/** So many orders are read in one turn: some ten milliseconds. */
const TURN = 16;

/** normalize: raw records + mapping version → order revisions, one for each observation that changes anything. */
export function normalizeOrder(flow: Flow): Handler {
  return {
    kind: KIND.normalizeOrder,
    batch: 256,
    concurrency: 1,
    requestMs: 0,
    async run(jobs) {
      const ids = jobs.map((job) => job.subject);
      const before = new Map((await flow.store.orders.readForRevision(ids)).map((order) => [order._id, order]));
      const raws = await flow.store.raws.read(jobs.map((job) => wantedRaws(flow, job, before.get(job.subject))));
      const keys = await flow.store.vault.existingKeys(ids);
      const readings = new Map<OrderId, Reading>();
      for (const [index, job] of jobs.entries()) {
        // A webhook that comes in meanwhile is answered before the rest of the batch.
        if (index % TURN === 0 && index > 0) await flow.clock.sleep(0);
        readings.set(
          job.subject,
          await read(flow, job, before.get(job.subject), raws.get(job.subject) ?? [], keys.get(job.subject)),
        );
      }
      const refused = await write(flow, [...readings.values()]);
      return jobs.map((job) => resultOf(flow, job, readings.get(job.subject), refused));
    },
  };
}

/** New observations; where there is none but the mapping has changed, the one that the order was made from. */
function wantedRaws(
  flow: Flow,
  job: ClaimedJob,
  order: RevisableOrder | undefined,
): { record: OrderId; after: number; upTo: number } {
  const after = order?.raw.n ?? 0;
  const outdated = order !== undefined && order.mapping !== flow.connections.get(job.connection)?.mapping.version;
  return { record: job.subject, after: outdated ? after - 1 : after, upTo: Math.max(after, job.wanted) };
}

async function read(
  flow: Flow,
  job: ClaimedJob,
  before: RevisableOrder | undefined,
  raws: readonly OpenedRaw[],
  key: DataKey | undefined,
): Promise<Reading> {
  const reading: Reading = {
    before,
    after: null,
    superseded: [],
    trail: [],
    affectsAllocation: false,
    error: null,
    disputed: false,
  };
  try {
    const connection = connectionOf(flow, job.connection);
    for (const raw of raws) await apply(flow, connection, reading, raw, key);
  } catch (thrown) {
    reading.error = asSyncError(thrown);
  }
  return reading;
}

async function apply(
  flow: Flow,
  connection: FlowConnection,
  reading: Reading,
  raw: OpenedRaw,
  key: DataKey | undefined,
): Promise<void> {
  const held = reading.after ?? reading.before;
  // Erased: nobody can read it any more, and nobody should.
  if (raw.text === null || key === undefined) return;
  if (held !== undefined && raw.n > held.raw.n) {
    if (raw.version < held.version) return;
    if (raw.version === held.version && raw.hash !== held.raw.hash && raw.by === 'list' && held.raw.by !== 'bulk') {
      reading.disputed = true;
      return;
    }
  }
  const observed: Observed = { id: raw.externalId, version: raw.version, body: raw.text };
  let order: Order;
  try {
    order = await readOrder(orderSource(connection), connection.mapping, observed, reading.before?.decisions ?? []);
  } catch (thrown) {
    // A later observation may be readable: then this one does not matter.
    reading.error = asSyncError(thrown);
    // A rule may have run into its limit of time, and so may the next order's: heartbeats are to get their turn between.
    if (reading.error.code === 'mapping-rule') await flow.clock.sleep(0);
    return;
  }
  reading.error = null;
  // Whatever a list left open before, this observation has settled.
  reading.disputed = false;
  advance(flow, connection, reading, raw, order, key);
}

function advance(
  flow: Flow,
  connection: FlowConnection,
  reading: Reading,
  raw: OpenedRaw,
  order: Order,
  key: DataKey,
): void {
  const held = reading.after ?? reading.before;
  const difference = held === undefined ? null : differOrders(asOrder(flow, held, key), order);
  const revises = held === undefined || difference === null || !difference.empty;
  if (held !== undefined && revises) reading.superseded.push(held);
  const history = order.placedAt < connection.cutOver;
  const revision = (held?.revision ?? 0) + (revises ? 1 : 0);
  const { vault } = flow.store;
  reading.after = {
    _id: order.id,
    connection: order.connection,
    company: order.company,
    externalId: order.externalId,
    number: order.number,
    version: raw.version,
    revision,
    asks: difference === null || difference.asks ? revision : (held?.asks ?? revision),
    raw: { n: raw.n, hash: raw.hash, by: raw.by },
    mapping: connection.mapping.version,
    stage: held?.stage ?? (history ? 'history' : 'captured'),
    promise: held?.promise ?? new Date(order.placedAt),
    // What a revision says is never edited: an observation that changes nothing leaves it as it is.
    order: revises ? storedOrder(order) : held.order,
    personal: revises ? vault.seal(key, personalPlace(order.id), JSON.stringify(order.personal)) : held.personal,
    problems: history ? [] : bookingProblems(order).map((problem) => ({ ...problem, needs: [...problem.needs] })),
  };
  if (!revises) return;
  const at = new Date(flow.clock.now());
  if (difference === null) {
    reading.affectsAllocation = !history;
    reading.trail.push({
      at,
      step: 'captured',
      text: `${order.lines.length} lines${history ? '; placed before the cut-over: history' : ''}`,
      ref: raw._id,
    });
  } else {
    // What providers are asked follows from a plan of this very revision.
    reading.affectsAllocation ||= difference.affects.allocation || flow.shipsBy.size > 0;
    reading.trail.push({
      at,
      step: 'revised',
      text: `revision ${revision}: ${describeDifference(difference)}`,
      ref: raw._id,
    });
  }
}

function asOrder(flow: Flow, held: Draft | RevisableOrder, key: DataKey): Order {
  return {
    ...held.order,
    id: held._id,
    connection: held.connection,
    company: held.company,
    externalId: held.externalId,
    number: held.number,
    personal: personalOf(flow, held, key),
  };
}

/** Whose order it is. What was erased stays erased: what has come since is sealed under a key of its own, which opens nothing older. */
function personalOf(flow: Flow, held: Draft | RevisableOrder, key: DataKey): Personal {
  try {
    return readPersonal(flow.store.vault.open(key, personalPlace(held._id), held.personal));
  } catch (thrown) {
    if (!(thrown instanceof SyncError) || thrown.code !== 'sealed-value') throw thrown;
    return NOBODY;
  }
}

async function write(flow: Flow, readings: readonly Reading[]): Promise<ReadonlySet<OrderId>> {
  const { orders, vault } = flow.store;
  const now = flow.clock.now();
  const changed = readings.flatMap(({ after, before, trail }) => (after === null ? [] : [{ after, before, trail }]));
  await orders.archive(
    readings.flatMap(({ superseded }) => superseded),
    now,
  );
  const refused = new Set<OrderId>([
    ...(await orders.insert(
      changed.flatMap(({ after, before, trail }) => (before === undefined ? [{ ...after, plan: null, trail }] : [])),
    )),
    ...(await orders.change(
      changed.flatMap(({ after, before, trail }) => {
        if (before === undefined) return [];
        const { _id, stage: _stage, ...set } = after;
        return [{ before, set, trail }];
      }),
    )),
  ]);
  const ended = new Map<string, Date>();
  for (const { after, before } of changed) {
    const end = endOf(after);
    if (end !== null) ended.set(after._id, new Date(end + flow.personalMs));
    // Opened again: its address is needed again.
    else if (before !== undefined && endOf(before) !== null) ended.set(after._id, new Date(now + KEPT_OPEN_MS));
  }
  await vault.expire(ended);
  flow.meter.count('orders_normalized', changed.length - refused.size);
  return refused;
}

/** When an order ended, from which its personal data has its time; null = it is open. */
function endOf({ order }: Pick<OrderDocument, 'order'>): number | null {
  return order.cancelledAt ?? order.closedAt;
}

function resultOf(flow: Flow, job: ClaimedJob, reading: Reading | undefined, refused: ReadonlySet<OrderId>): Result {
  if (reading === undefined) return { job, done: true };
  // Changed by somebody else since it was read: the same observations are applied to what stands there now.
  if (refused.has(job.subject)) return { job, again: flow.clock.now() };
  const enqueue = followUps(flow, job, reading);
  return reading.error === null ? { job, done: true, enqueue } : { job, error: reading.error, enqueue };
}

function followUps(flow: Flow, job: ClaimedJob, { before, after, affectsAllocation, disputed }: Reading): Wanted[] {
  const wanted: Wanted[] = [];
  const booked = flow.connections.get(job.connection)?.books !== null;
  if (after !== null) {
    const v = (before?.v ?? 0) + 1;
    // Also when nothing changed for it: a run that died here before may have written the order and enqueued nothing.
    if (after.stage !== 'history' && (affectsAllocation || after.stage === 'captured'))
      wanted.push(wantAllocateOrder(job.subject, v));
    if ((booked && after.stage !== 'history') || after.problems.length > 0 || (before?.problems.length ?? 0) > 0)
      wanted.push(wantAccountOrder(job.connection, job.subject, v));
  } else if (before !== undefined && before.stage !== 'history') {
    wanted.push(wantAllocateOrder(job.subject, before.v));
    if (booked || before.problems.length > 0) wanted.push(wantAccountOrder(job.connection, job.subject, before.v));
  }
  if (disputed) {
    const externalId = after?.externalId ?? before?.externalId;
    if (externalId !== undefined) wanted.push(wantPullOrder(job.connection, externalId));
  }
  return wanted;
}
