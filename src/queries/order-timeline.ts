import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId, type OrderId } from '../domain/ids.ts';
import { formatAmount } from '../domain/money.ts';
import { describeDifference, differOrders } from '../domain/order-difference.ts';
import { NOBODY, type Hold, type Order, type OrderLine, type Personal } from '../domain/order.ts';
import type { Instant } from '../domain/time.ts';
import type {
  BookingProblem,
  EffectDocument,
  JobDocument,
  OrderDocument,
  PlanDocument,
  RawDocument,
  StoredOrder,
} from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { orderWaits, type HandsOn, type OrderWait } from './order-waits.ts';

/** One step in the life of an order. */
export interface TimelineStep {
  readonly at: Instant;
  readonly step: string;
  readonly text: string;
  /** The record, job or movement that it came from. */
  readonly cause: string | null;
  /** The remote's own id, where the step was something at a remote. */
  readonly remoteId: string | null;
}

export interface RevisionStep {
  readonly revision: number;
  readonly raw: number;
  readonly mapping: string;
  /** What it changed over the one before, in words; null for the first. */
  readonly difference: string | null;
}

/** Everything that is known of one order and why (I7). Nothing personal but in `personal`. */
export interface OrderTimeline {
  readonly id: OrderId;
  readonly number: string;
  readonly connection: string;
  readonly externalId: string;
  readonly stage: string;
  readonly placedAt: Instant;
  readonly businessDate: string;
  readonly currency: string;
  readonly total: string;
  readonly refunded: string;
  readonly lines: readonly (Pick<
    OrderLine,
    'id' | 'sku' | 'title' | 'fulfilledBy' | 'ordered' | 'cancelled' | 'shipped' | 'returned'
  > & { readonly gross: string })[];
  /** Where it stands and why, with what a person can do; empty where it goes on by itself at once, or has ended. */
  readonly waits: readonly OrderWait[];
  /** Why it waits or has waited; one with an end may be over. */
  readonly holds: readonly Hold[];
  /** What the channel and field rules say of it beside the model. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Our shipping method where a field rule decided it. */
  readonly method: string | null;
  readonly problems: readonly BookingProblem[];
  readonly plan: PlanDocument | null;
  readonly revisions: readonly RevisionStep[];
  readonly steps: readonly TimelineStep[];
  readonly jobs: readonly Pick<JobDocument, '_id' | 'kind' | 'state' | 'due' | 'attempts' | 'cause' | 'last'>[];
  readonly effects: readonly Pick<EffectDocument, '_id' | 'verb' | 'state' | 'externalId' | 'attempts' | 'cause'>[];
  /** Absent unless it was asked for; null when it has been erased. */
  readonly personal?: Personal | null;
}

/** The orders that a person may mean: by our id, by the number that the buyer sees (with or without `#`), or by the channel's id. */
export async function findOrders(
  store: Store,
  text: string,
): Promise<{ id: OrderId; number: string; connection: string; externalId: string }[]> {
  const ids = (await store.connections.all()).map(({ _id }) => orderId(_id, text));
  const numbers = text.startsWith('#') ? [text, text.slice(1)] : [text, `#${text}`];
  const rows = await store.collections.orders
    .find({ $or: [{ _id: { $in: [text, ...ids] } }, { number: { $in: numbers } }] })
    .project<{ _id: OrderId; number: string; connection: string; externalId: string }>({
      number: 1,
      connection: 1,
      externalId: 1,
    })
    .sort({ _id: 1 })
    .limit(20)
    .toArray();
  return rows.map(({ _id, ...row }) => ({ id: _id, ...row }));
}

/** What a story is to tell, and by which configuration. */
export interface TimelineAsk {
  readonly handsOn: HandsOn;
  readonly personal?: boolean;
}

/** The whole story of an order; null when there is none of this id. */
export async function orderTimeline(
  store: Store,
  id: OrderId,
  { handsOn, personal = false }: TimelineAsk,
): Promise<OrderTimeline | null> {
  const [document] = await store.orders.read([id]);
  if (document === undefined) return null;
  const { order, number, connection, externalId, stage, problems, plan } = document;
  const currency = order.currency.shop;
  const observed = await observations(store, document);
  const steps = [
    { at: order.placedAt, step: 'placed', text: 'by the buyer, at the channel', cause: null, remoteId: externalId },
    ...observed,
    ...document.trail.map(({ at, step, text, ref }) => ({ at: at.getTime(), step, text, cause: ref, remoteId: null })),
    ...(await movements(store, document)),
  ];
  const requests = (document.fulfillments ?? []).map(({ n }) => fulfillmentKey(id, n));
  const jobs = (await store.jobs.bySubjects([id, externalId, ...requests])).filter(
    (job) => job.subject !== externalId || job.connection === connection,
  );
  const paused = new Map(
    (await store.connections.paused()).flatMap(({ _id, paused: why }) => (why === null ? [] : [[_id, why]])),
  );
  const effects = await store.collections.effects
    .find({ subject: id })
    .project<Pick<EffectDocument, '_id' | 'verb' | 'state' | 'externalId' | 'attempts' | 'cause' | 'at'>>({
      payload: 0,
    })
    .toArray();
  for (const effect of effects) {
    steps.push({
      at: effect.at.getTime(),
      step: effect.verb,
      text: effect.state,
      cause: effect._id,
      remoteId: effect.externalId,
    });
  }
  return {
    id,
    number,
    connection,
    externalId,
    stage,
    placedAt: order.placedAt,
    businessDate: order.businessDate,
    currency,
    total: formatAmount(order.totals.total.shop, currency),
    refunded: formatAmount(order.totals.refunded.shop, currency),
    lines: order.lines.map(({ id: line, sku, title, fulfilledBy, ordered, cancelled, shipped, returned, gross }) => ({
      id: line,
      sku,
      title,
      fulfilledBy,
      ordered,
      cancelled,
      shipped,
      returned,
      gross: formatAmount(gross.shop, currency),
    })),
    waits: orderWaits(document, { jobs, paused, handsOn, now: store.clock.now() }),
    holds: order.holds,
    attributes: order.attributes,
    method: order.method ?? null,
    problems,
    plan,
    revisions: await revisionSteps(store, document),
    // Stable: of the same instant, in the order in which they are listed above.
    steps: steps.sort((a, b) => a.at - b.at),
    jobs,
    effects,
    ...(personal ? { personal: await store.orders.openPersonal(document) } : {}),
  };
}

async function observations(store: Store, { _id }: OrderDocument): Promise<TimelineStep[]> {
  const rows = await store.collections.raws
    .find({ _id: { $gte: `${_id}#`, $lt: `${_id}$` } })
    .project<Omit<RawDocument, 'body'>>({ body: 0 })
    .toArray();
  return rows
    .sort((a, b) => a.n - b.n)
    .map((raw) => ({
      at: raw.at.getTime(),
      step: 'observed',
      text: `observation ${raw.n}, ${raw.by === 'list' ? 'in the list' : 'asked for by id'}, version ${raw.version}`,
      cause: raw._id,
      remoteId: raw.externalId,
    }));
}

/** Every movement of stock that has to do with the order, also at places that its present plan does not name. */
async function movements(store: Store, { _id, order }: OrderDocument): Promise<TimelineStep[]> {
  const steps: TimelineStep[] = [];
  const skus = new Set(order.lines.flatMap(({ components }) => components.map(({ sku }) => sku)));
  for (const sku of skus) {
    for (const { _id: level, location } of await store.levels.all({ sku })) {
      for (const { v, at, kind, lines, cause } of await store.levels.movements(level)) {
        const units = lines.filter((line) => line.order === _id).reduce((sum, { quantity }) => sum + quantity, 0);
        if (units === 0) continue;
        const text = `${units > 0 ? '+' : '−'}${Math.abs(units)} × ${sku} at ${location} (movement ${v})`;
        steps.push({ at: at.getTime(), step: kind, text, cause, remoteId: null });
      }
    }
  }
  return steps;
}

async function revisionSteps(store: Store, document: OrderDocument): Promise<RevisionStep[]> {
  const superseded = await store.orders.revisions(document._id);
  const all = [
    ...superseded.map(({ revision, raw, mapping, body }) => ({ revision, raw: raw.n, mapping, body })),
    { revision: document.revision, raw: document.raw.n, mapping: document.mapping, body: document.order },
  ];
  return all.map(({ revision, raw, mapping, body }, index) => {
    const before = all[index - 1];
    if (before === undefined) return { revision, raw, mapping, difference: null };
    const told = describeDifference(differOrders(unnamed(document, before.body), unnamed(document, body)));
    // What is personal is not opened for this: that something changed there is all that is left to say.
    return { revision, raw, mapping, difference: told === '' ? 'personal data changed' : told };
  });
}

function unnamed({ _id, connection, company, externalId, number }: OrderDocument, body: StoredOrder): Order {
  return { ...body, id: _id, connection, company, externalId, number, personal: NOBODY };
}
