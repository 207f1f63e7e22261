import { asSyncError, type SyncError } from '../domain/errors.ts';
import { fulfillmentKey, readFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { Shipment } from '../domain/fulfillment.ts';
import type { ConnectionId, OrderId } from '../domain/ids.ts';
import type { Handler, Result } from '../jobs/handler.ts';
import type { TrailEntry } from '../store/documents.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { OpenedRaw } from '../store/raw-records.ts';
import { stageWith } from './change-order.ts';
import { doubtOf, tellsOfMore, type Doubt } from './doubt.ts';
import { connectionOf, type Flow } from './flow.ts';
import { isLive, parcelsOf } from './parts.ts';
import { shipmentSource } from './pull-shipments.ts';
import { endedBy, registerShipment } from './register-shipment.ts';
import {
  KIND,
  wantAccountOrder,
  wantAllocateOrder,
  wantConfirmShipment,
  wantForFulfillment,
  wantRecallRequests,
} from './wanted.ts';

/** What an order's shipments come to. */
interface Taking {
  readonly order: AllocatableOrder;
  readonly fulfillments: FulfillmentPart[];
  readonly changed: boolean;
  readonly trail: readonly TrailEntry[];
  readonly error: SyncError | null;
  /** Providers that ship what we do not know to have asked them for: perhaps that was before a restore. */
  readonly unknown: ReadonlySet<ConnectionId>;
}

/** Takes over what providers said of an order's shipments: what left, what is held, what will not come. */
export function takeShipments(flow: Flow): Handler {
  return {
    kind: KIND.takeShipments,
    batch: 128,
    concurrency: 1,
    requestMs: 0,
    async run(jobs) {
      const ids = jobs.map((job) => job.subject);
      const [orders, raws] = await Promise.all([
        flow.store.orders.readForAllocation(ids),
        flow.store.raws.shipmentsOf(ids),
      ]);
      const doubt = await doubtOf(flow, orders);
      const takings = new Map<OrderId, Taking>(
        orders.map((order) => [order._id, take(flow, order, raws.get(order._id) ?? [], doubt)]),
      );
      const refused = await flow.store.orders.change(
        [...takings.values()].flatMap(({ order, fulfillments, changed, trail }) =>
          changed ? [{ before: order, set: { fulfillments, stage: stageWith(order, fulfillments) }, trail }] : [],
        ),
      );
      return jobs.map((job) => resultOf(flow, job, takings.get(job.subject), refused));
    },
  };
}

function take(flow: Flow, order: AllocatableOrder, raws: readonly OpenedRaw[], doubt: Doubt | null): Taking {
  let parts = order.fulfillments ?? [];
  const trail: TrailEntry[] = [];
  let error: SyncError | null = null;
  const unknown = new Set<ConnectionId>();
  const unread = new Set<ConnectionId>();
  const at = new Date(flow.clock.now());
  for (const raw of [...raws].sort((a, b) => (a._id < b._id ? -1 : 1))) {
    if (raw.text === null) continue;
    try {
      const connection = connectionOf(flow, raw.connection);
      const observed = { id: raw.externalId, version: raw.version, body: raw.text };
      const shipment = shipmentSource(connection).normalize(observed, connection.mapping);
      const n = shipment.request === null ? undefined : readFulfillmentKey(shipment.request)?.n;
      const part = parts.find((each) => each.n === n && each.provider === connection.id);
      if (part === undefined) {
        if (tellsOfMore(order, doubt, connection.id, raw.at)) unknown.add(connection.id);
        continue;
      }
      const after = registerShipment(part, { shipment, version: raw.version }, order.order.lines);
      if (after === part) continue;
      parts = parts.map((each) => (each === part ? after : each));
      const odd = oddOf(part, after, shipment);
      if (odd !== '') warnOf(flow, order, raw);
      trail.push(stepOf(part, after, raw, at, odd));
    } catch (thrown) {
      error = asSyncError(thrown);
      unread.add(raw.connection);
    }
  }
  // What cannot be read may be what still ships. Once it can, the others end the part, also where they are old news by then.
  parts = parts.map((part) => (unread.has(part.provider) ? part : endedBy(part)));
  const changed = parts.some((part) => order.fulfillments?.includes(part) !== true);
  return { order, fulfillments: parts, changed, trail, error, unknown };
}

/**
 * What a provider says of parcels that nothing follows from, so that a person can see to it: units that were not asked of
 * it, and numbers that differ from those that parcels left with, since the channel is told of a parcel once.
 */
function oddOf(before: FulfillmentPart, after: FulfillmentPart, told: Shipment): string {
  const asked = new Set(before.lines.map(({ sku }) => sku));
  const standing = before.shipments.find(({ externalId }) => externalId === told.externalId)?.parcels ?? [];
  if (standing.length > 0) {
    return told.parcels
      .flatMap(({ tracking }, index) => {
        const first = standing[index]?.tracking ?? null;
        return tracking === null || tracking === first
          ? []
          : [`; its number is ${tracking} now, and the channel is told ${first ?? 'none'}`];
      })
      .join('');
  }
  if (parcelsOf(after).length === parcelsOf(before).length) return '';
  const foreign = told.parcels.flatMap(({ lines }) => lines).filter(({ sku }) => !asked.has(sku));
  const units = foreign.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
  return units === '' ? '' : `; not asked for and left all the same: ${units}`;
}

/** What exactly it says stands in the order: a tracking number leads to its buyer. */
function warnOf(flow: Flow, order: AllocatableOrder, raw: OpenedRaw): void {
  flow.log.warn('A provider says of a parcel what nothing follows from by itself.', {
    connection: raw.connection,
    order: order._id,
    remoteId: raw.externalId,
    remedy: 'Look at the order’s life (`crossdock orders show`), and put right by hand what buyer or stock is to know.',
  });
}

function stepOf(before: FulfillmentPart, after: FulfillmentPart, raw: OpenedRaw, at: Date, odd: string): TrailEntry {
  const shipment = after.shipments.find(({ externalId }) => externalId === raw.externalId);
  const fresh = parcelsOf(after).length > parcelsOf(before).length;
  const parcels = (shipment?.parcels ?? []).map(
    ({ carrier, tracking, items }) =>
      `${items.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')}${carrier === null ? '' : ` by ${carrier}`}${tracking === null ? '' : ` ${tracking}`}`,
  );
  const late =
    fresh && !isLive(before) && before.state !== 'closed' ? '; it had been taken back: it left all the same' : '';
  const reason = shipment?.reason === null || shipment?.reason === undefined ? '' : `: ${shipment.reason}`;
  return {
    at,
    step: fresh ? 'shipped' : 'told',
    text: `${after.provider} ${raw.externalId} ${shipment?.status ?? ''}${fresh ? `: ${parcels.join('; ')}` : reason}${odd}${late}`,
    ref: raw._id,
  };
}

function resultOf(flow: Flow, job: ClaimedJob, taking: Taking | undefined, refused: ReadonlySet<OrderId>): Result {
  if (taking === undefined) return { job, done: true };
  const { order, fulfillments, changed, error, unknown } = taking;
  if (refused.has(order._id)) return { job, again: flow.clock.now() };
  const enqueue = followUps(flow, order, fulfillments, changed ? order.v + 1 : order.v);
  enqueue.push(...[...unknown].map((provider) => wantRecallRequests(provider, order._id)));
  return error === null ? { job, done: true, enqueue } : { job, error, enqueue };
}

/** Of every run, also where nothing changed: one that was killed after it wrote has enqueued nothing. */
function followUps(flow: Flow, order: AllocatableOrder, fulfillments: readonly FulfillmentPart[], v: number): Wanted[] {
  const parcels = fulfillments.flatMap(parcelsOf);
  const wanted: Wanted[] = [];
  const ended = fulfillments.some(({ state }) => state === 'rejected' || state === 'cancelled');
  if (ended || parcels.some(({ taken }) => !taken)) wanted.push(wantAllocateOrder(order._id));
  if (parcels.some(({ confirmed, units }) => confirmed === null && units.length > 0))
    wanted.push(wantConfirmShipment(order.connection, order._id));
  if (parcels.length > 0 && flow.connections.get(order.connection)?.books !== null)
    // At the version that stands: one that is only foreseen would be taken for that of an edit that comes meanwhile.
    wanted.push(wantAccountOrder(order.connection, order._id, v));
  for (const part of fulfillments) {
    const stands = part.shipments.some(({ status }) => status === 'on-hold' || status === 'exception');
    const stood = order.fulfillments?.find(({ n }) => n === part.n)?.shipments;
    const moved = stood?.some(({ status }) => status === 'on-hold' || status === 'exception') === true;
    if (stands || moved || part.state === 'rejected')
      wanted.push(wantForFulfillment(KIND.pushFulfillment, part.provider, fulfillmentKey(order._id, part.n)));
  }
  return wanted;
}
