import { asSyncError, SyncError } from '../domain/errors.ts';
import type { OrderId } from '../domain/ids.ts';
import { entryOf } from '../domain/ledger/entries.ts';
import { factsOf } from '../domain/ledger/facts.ts';
import { NOBODY } from '../domain/order.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import type { KnownFact } from '../store/fact-records.ts';
import type { FactDocument } from '../store/ledger-documents.ts';
import type { BookableOrder } from '../store/order-records.ts';
import type { Flow } from './flow.ts';
import { transfersOf } from './parts.ts';
import { KIND } from './wanted.ts';

/**
 * Books orders: what happened to an order's money that its facts do not tell yet is appended to them. It is finance's
 * gate too: an order that cannot be booked is parked here, alone, while its goods go on (I4, I6). When what it needs is
 * mapped, it is normalized again with the new mapping (`remap.ts`), and the gate opens by itself.
 */
export function accountOrder(flow: Flow): Handler {
  return {
    kind: KIND.accountOrder,
    batch: 256,
    concurrency: 1,
    requestMs: 0,
    async run(jobs) {
      const read = await flow.store.orders.readForBooks(jobs.map((job) => job.subject));
      const orders = new Map(read.map((order) => [order._id, order]));
      const booked = read.filter((order) => isBooked(flow, order));
      const known = await flow.store.facts.of(booked.map((order) => order._id));
      const fresh: FactDocument[] = [];
      const errors = new Map<OrderId, SyncError>();
      for (const order of booked) {
        try {
          fresh.push(...freshFacts(flow, order, known.get(order._id) ?? []));
        } catch (thrown) {
          errors.set(order._id, asSyncError(thrown));
        }
      }
      const refused = await flow.store.facts.append(fresh);
      flow.meter.count('facts_booked', fresh.length);
      return jobs.map((job) => resultOf(flow, job, orders.get(job.subject), errors.get(job.subject), refused));
    },
  };
}

function isBooked(flow: Flow, { connection, stage, order, problems }: BookableOrder): boolean {
  const books = flow.connections.get(connection)?.books ?? null;
  return books !== null && stage !== 'history' && !order.test && problems.length === 0;
}

/** What the chain of an order's facts lacks, each numbered by its place in it. */
function freshFacts(flow: Flow, document: BookableOrder, known: readonly KnownFact[]): FactDocument[] {
  const channel = flow.connections.get(document.connection);
  if (channel === undefined || channel.books === null) return [];
  const order = {
    ...document.order,
    id: document._id,
    connection: document.connection,
    company: document.company,
    externalId: document.externalId,
    number: document.number,
    personal: NOBODY,
  };
  const facts = factsOf(
    order,
    transfersOf(document),
    known.map(({ fact }) => fact),
    { zone: channel.zone, side: channel.books.side },
  );
  const at = new Date(flow.clock.now());
  return facts.map((fact, index) => {
    const n = known.length + index + 1;
    const entry = entryOf(fact);
    return {
      _id: `${document._id}#${n}`,
      order: document._id,
      n,
      company: fact.company,
      connection: fact.connection,
      currency: fact.currency,
      date: fact.date,
      fact,
      entry,
      batch: null,
      ...(entry === null ? {} : { open: true as const }),
      at,
    };
  });
}

function resultOf(
  flow: Flow,
  job: ClaimedJob,
  order: BookableOrder | undefined,
  error: SyncError | undefined,
  refused: ReadonlySet<OrderId>,
): Result {
  if (error !== undefined) return { job, error };
  // Another worker has booked it meanwhile, perhaps from another revision: what is left is seen from there.
  if (refused.has(job.subject)) return { job, again: flow.clock.now() };
  const [first] = order?.problems ?? [];
  if (order === undefined || first === undefined) return { job, done: true };
  const message = order.problems.map((problem) => problem.message).join(' ');
  return {
    job,
    error: new SyncError('data', `Order ${order.number} cannot be booked. ${message}`, {
      code: first.code,
      remedy: [...new Set(order.problems.map((problem) => problem.remedy))].join(' '),
      needs: order.problems.flatMap((problem) => problem.needs),
      remoteId: order.externalId,
      ...(first.field === null ? {} : { field: first.field }),
    }),
  };
}
