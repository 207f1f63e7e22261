import type { Handler } from '../jobs/handler.ts';
import { accountOrder } from './account-order.ts';
import { allocateOrder } from './allocate-order.ts';
import { assignFulfillment } from './assign-fulfillment.ts';
import { cancelFulfillment } from './cancel-fulfillment.ts';
import { checkConnection } from './check-connection.ts';
import { confirmShipment } from './confirm-shipment.ts';
import { drainStock } from './drain-stock.ts';
import type { Flow } from './flow.ts';
import { fulfillOrder } from './fulfill-order.ts';
import { normalizeOrder } from './normalize-order.ts';
import { postBatch } from './post-batch.ts';
import { postDue } from './post-due.ts';
import { publishAll, publishStock } from './publish-stock.ts';
import { pullOrder } from './pull-order.ts';
import { backfillOrders, pullOrders } from './pull-orders.ts';
import { pullShipment, pullShipments } from './pull-shipments.ts';
import { pullStock, pullStockItem } from './pull-stock.ts';
import { pushFulfillment } from './push-fulfillment.ts';
import { recallRequests } from './recall-requests.ts';
import { reconcileBatch, reconcileDue } from './reconcile.ts';
import { releaseShortfall } from './release-shortfall.ts';
import { subscribeWebhooks } from './subscribe-webhooks.ts';
import { sweepOrders } from './sweep-orders.ts';
import { takeShipments } from './take-shipments.ts';

/** Every kind of job, ready to be run. */
export function flowHandlers(flow: Flow): Handler[] {
  return [
    pullOrders,
    pullOrder,
    backfillOrders,
    sweepOrders,
    pullStock,
    pullStockItem,
    subscribeWebhooks,
    normalizeOrder,
    accountOrder,
    allocateOrder,
    drainStock,
    releaseShortfall,
    checkConnection,
    fulfillOrder,
    assignFulfillment,
    pushFulfillment,
    cancelFulfillment,
    recallRequests,
    pullShipments,
    pullShipment,
    takeShipments,
    confirmShipment,
    publishStock,
    publishAll,
    postDue,
    postBatch,
    reconcileDue,
    reconcileBatch,
  ].map((open) => open(flow));
}
