import { orderId, type ConnectionId, type ExternalId, type Key, type OrderId, type Sku } from '../domain/ids.ts';
import type { BusinessDate, Instant } from '../domain/time.ts';
import { PRIORITY, type Wanted } from '../store/job-records.ts';

/** The kinds of jobs, each named by its verb. */
export const KIND = {
  pullOrders: 'pull-orders',
  pullOrder: 'pull-order',
  backfillOrders: 'backfill-orders',
  sweepOrders: 'sweep-orders',
  pullStock: 'pull-stock',
  pullStockItem: 'pull-stock-item',
  subscribeWebhooks: 'subscribe-webhooks',
  normalizeOrder: 'normalize-order',
  accountOrder: 'account-order',
  allocateOrder: 'allocate-order',
  drainStock: 'drain-stock',
  releaseShortfall: 'release-shortfall',
  checkConnection: 'check-connection',
  fulfillOrder: 'fulfill-order',
  assignFulfillment: 'assign-fulfillment',
  pushFulfillment: 'push-fulfillment',
  cancelFulfillment: 'cancel-fulfillment',
  recallRequests: 'recall-requests',
  pullShipments: 'pull-shipments',
  pullShipment: 'pull-shipment',
  takeShipments: 'take-shipments',
  confirmShipment: 'confirm-shipment',
  publishStock: 'publish-stock',
  publishAll: 'publish-all',
  postDue: 'post-due',
  postBatch: 'post-batch',
  reconcileDue: 'reconcile-due',
  reconcileBatch: 'reconcile-batch',
} as const;

/**
 * What a job of each kind asks: the remote of the connection that it is of, or only our own books. A kind that asks a
 * remote is of the connection whose remote that is: a day of a channel is posted by a job of its ledger.
 */
const ASKS: Readonly<Record<(typeof KIND)[keyof typeof KIND], 'remote' | 'books'>> = {
  'pull-orders': 'remote',
  'pull-order': 'remote',
  'backfill-orders': 'remote',
  'sweep-orders': 'remote',
  'pull-stock': 'remote',
  'pull-stock-item': 'remote',
  'subscribe-webhooks': 'remote',
  'normalize-order': 'books',
  'account-order': 'books',
  'allocate-order': 'books',
  'drain-stock': 'books',
  'release-shortfall': 'books',
  // It does ask one, of no connection and only where that is paused; a remote that does not answer does not fail it.
  'check-connection': 'books',
  'fulfill-order': 'books',
  'assign-fulfillment': 'remote',
  'push-fulfillment': 'remote',
  'cancel-fulfillment': 'remote',
  'recall-requests': 'remote',
  'pull-shipments': 'remote',
  'pull-shipment': 'remote',
  'take-shipments': 'books',
  'confirm-shipment': 'remote',
  'publish-stock': 'remote',
  'publish-all': 'remote',
  // These two only look what is due.
  'post-due': 'books',
  'reconcile-due': 'books',
  'post-batch': 'remote',
  'reconcile-batch': 'remote',
};

/** The kinds of jobs that ask the remote of their connection: they fail where it is away, and nothing else need wait. */
export const REMOTE_KINDS: readonly string[] = Object.values(KIND).filter((kind) => ASKS[kind] === 'remote');

/** For work that belongs to no connection, and goes on while any is paused. */
const NO_CONNECTION = '';

function ofConnection(kind: string, connection: ConnectionId, prio: number): Wanted {
  return { key: `${kind}:${connection}`, kind, lane: `${kind}:${connection}`, connection, subject: connection, prio };
}

export function wantPullOrders(connection: ConnectionId): Wanted {
  return ofConnection(KIND.pullOrders, connection, PRIORITY.poll);
}

export function wantSweepOrders(connection: ConnectionId): Wanted {
  return ofConnection(KIND.sweepOrders, connection, PRIORITY.poll);
}

export function wantPullStock(connection: ConnectionId): Wanted {
  return ofConnection(KIND.pullStock, connection, PRIORITY.poll);
}

/** One item of a stock source, asked for by its id: after a hint, or because it could not be read among the others. */
export function wantPullStockItem(connection: ConnectionId, item: ExternalId, prio: number = PRIORITY.hint): Wanted {
  const key = `${KIND.pullStockItem}:${connection}:${item}`;
  return { key, kind: KIND.pullStockItem, lane: key, connection, subject: item, prio };
}

export function wantSubscribeWebhooks(connection: ConnectionId): Wanted {
  return ofConnection(KIND.subscribeWebhooks, connection, PRIORITY.poll);
}

export function wantBackfillOrders(connection: ConnectionId, from: Instant, to: Instant): Wanted {
  const span = `${from}-${to}`;
  const key = `${KIND.backfillOrders}:${connection}:${span}`;
  return {
    key,
    kind: KIND.backfillOrders,
    lane: `${KIND.backfillOrders}:${connection}`,
    connection,
    subject: span,
    prio: PRIORITY.backfill,
  };
}

/** One order asked for by its id: after a hint, for an operator, or because two answers disagreed. */
export function wantPullOrder(connection: ConnectionId, externalId: ExternalId, prio: number = PRIORITY.hint): Wanted {
  return {
    key: `${KIND.pullOrder}:${connection}:${externalId}`,
    kind: KIND.pullOrder,
    lane: `${KIND.pullOrder}:${orderId(connection, externalId)}`,
    connection,
    subject: externalId,
    prio,
  };
}

/** @param n the newest observation to apply; without it the order is normalized again, with the mapping of now */
export function wantNormalizeOrder(
  connection: ConnectionId,
  order: OrderId,
  n?: number,
  prio: number = PRIORITY.downstream,
): Wanted {
  return {
    key: `${KIND.normalizeOrder}:${order}`,
    kind: KIND.normalizeOrder,
    lane: order,
    connection,
    subject: order,
    prio,
    ...(n === undefined ? {} : { version: n }),
  };
}

export function wantAccountOrder(connection: ConnectionId, order: OrderId, v: number): Wanted {
  return {
    key: `${KIND.accountOrder}:${order}`,
    kind: KIND.accountOrder,
    lane: `${KIND.accountOrder}:${order}`,
    connection,
    subject: order,
    prio: PRIORITY.poll,
    version: v,
  };
}

export function wantAllocateOrder(order: OrderId, v?: number): Wanted {
  // Of no connection: what was captured is allocated also while its channel is away.
  return {
    key: `${KIND.allocateOrder}:${order}`,
    kind: KIND.allocateOrder,
    lane: order,
    connection: NO_CONNECTION,
    subject: order,
    prio: PRIORITY.downstream,
    ...(v === undefined ? {} : { version: v }),
  };
}

export function wantDrainStock(sku: Sku): Wanted {
  const key = `${KIND.drainStock}:${sku}`;
  return { key, kind: KIND.drainStock, lane: key, connection: NO_CONNECTION, subject: sku, prio: PRIORITY.downstream };
}

export function wantReleaseShortfall(level: string): Wanted {
  const key = `${KIND.releaseShortfall}:${level}`;
  return {
    key,
    kind: KIND.releaseShortfall,
    lane: key,
    connection: NO_CONNECTION,
    subject: level,
    prio: PRIORITY.hint,
  };
}

/**
 * Brings what is asked of providers in line with the order's plan. Of no connection: it only decides.
 * @param due when a hold ends: a job of its own, so that what happens before is not made to wait for it
 */
export function wantFulfillOrder(order: OrderId, due?: Instant): Wanted {
  return {
    key: `${KIND.fulfillOrder}:${order}${due === undefined ? '' : ':hold'}`,
    kind: KIND.fulfillOrder,
    lane: order,
    connection: NO_CONNECTION,
    subject: order,
    prio: PRIORITY.downstream,
    ...(due === undefined ? {} : { due }),
  };
}

/** Work at one remote for one fulfillment order, named by its key (`fulfillmentKey`). */
export function wantForFulfillment(
  kind: typeof KIND.assignFulfillment | typeof KIND.pushFulfillment | typeof KIND.cancelFulfillment,
  connection: ConnectionId,
  key: Key,
): Wanted {
  const job = `${kind}:${key}`;
  return { key: job, kind, lane: job, connection, subject: key, prio: PRIORITY.downstream };
}

/** Asks a provider what it was asked for of an order before the newest restore. */
export function wantRecallRequests(provider: ConnectionId, order: OrderId): Wanted {
  const key = `${KIND.recallRequests}:${provider}:${order}`;
  return { key, kind: KIND.recallRequests, lane: key, connection: provider, subject: order, prio: PRIORITY.downstream };
}

export function wantPullShipments(connection: ConnectionId): Wanted {
  return ofConnection(KIND.pullShipments, connection, PRIORITY.poll);
}

/** One shipment asked for by its id, after a hint or for an operator. */
export function wantPullShipment(connection: ConnectionId, id: ExternalId, prio: number = PRIORITY.hint): Wanted {
  const key = `${KIND.pullShipment}:${connection}:${id}`;
  return { key, kind: KIND.pullShipment, lane: key, connection, subject: id, prio };
}

/** Takes over what providers said of an order's shipments. */
export function wantTakeShipments(order: OrderId): Wanted {
  return {
    key: `${KIND.takeShipments}:${order}`,
    kind: KIND.takeShipments,
    lane: order,
    connection: NO_CONNECTION,
    subject: order,
    prio: PRIORITY.downstream,
  };
}

/** Tells the channel of every parcel of the order that it does not know yet. */
export function wantConfirmShipment(connection: ConnectionId, order: OrderId): Wanted {
  const key = `${KIND.confirmShipment}:${order}`;
  return { key, kind: KIND.confirmShipment, lane: key, connection, subject: order, prio: PRIORITY.downstream };
}

/** What changed since the last time; `all` = everything, compared with what the channel shows. */
export function wantPublishStock(connection: ConnectionId, all = false): Wanted {
  return ofConnection(all ? KIND.publishAll : KIND.publishStock, connection, PRIORITY.poll);
}

/** Looks which closed days of a channel have entries that no document has. */
export function wantPostDue(connection: ConnectionId): Wanted {
  return ofConnection(KIND.postDue, connection, PRIORITY.poll);
}

/** @param ledger the connection of the ERP: while it is paused, what is for it waits */
export function wantPostBatch(
  ledger: ConnectionId,
  channel: ConnectionId,
  currency: string,
  date: BusinessDate,
): Wanted {
  const subject = `${channel}|${currency}|${date}`;
  const key = `${KIND.postBatch}:${subject}`;
  return { key, kind: KIND.postBatch, lane: key, connection: ledger, subject, prio: PRIORITY.downstream };
}

/** Reads back every document of the last weeks. */
export function wantReconcileDue(ledger: ConnectionId): Wanted {
  return ofConnection(KIND.reconcileDue, ledger, PRIORITY.poll);
}

export function wantReconcileBatch(ledger: ConnectionId, batch: Key): Wanted {
  const key = `${KIND.reconcileBatch}:${batch}`;
  return { key, kind: KIND.reconcileBatch, lane: key, connection: ledger, subject: batch, prio: PRIORITY.poll };
}

export function wantCheckConnection(connection: ConnectionId): Wanted {
  const key = `${KIND.checkConnection}:${connection}`;
  return {
    key,
    kind: KIND.checkConnection,
    lane: key,
    connection: NO_CONNECTION,
    subject: connection,
    prio: PRIORITY.operator,
  };
}
