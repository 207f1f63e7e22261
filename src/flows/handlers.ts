import type { Handler } from '../jobs/handler.ts';
import { accountOrder } from './account-order.ts';
import { allocateOrder } from './allocate-order.ts';
import { checkConnection } from './check-connection.ts';
import { drainStock } from './drain-stock.ts';
import type { Flow } from './flow.ts';
import { normalizeOrder } from './normalize-order.ts';
import { pullOrder } from './pull-order.ts';
import { backfillOrders, pullOrders } from './pull-orders.ts';
import { pullStock, pullStockItem } from './pull-stock.ts';
import { releaseShortfall } from './release-shortfall.ts';
import { subscribeWebhooks } from './subscribe-webhooks.ts';
import { sweepOrders } from './sweep-orders.ts';

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
  ].map((open) => open(flow));
}
