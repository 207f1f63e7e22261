import { SyncError } from './errors.ts';
import type { Key, OrderId } from './ids.ts';

const SHAPE = /^push:(ord_[A-Za-z0-9_-]{22}):([1-9]\d*)$/;

/**
 * The key of an order's n-th fulfillment order, which the provider keeps as its reference. It does not name the location:
 * whoever plans the order anew after a loss of memory asks for the same key, and finds what was sent under it before.
 */
export function fulfillmentKey(order: OrderId, n: number): Key {
  return `push:${order}:${n}`;
}

/** The order and number of a key; null for a reference that is none of ours. */
export function readFulfillmentKey(key: Key): { readonly order: OrderId; readonly n: number } | null {
  const parts = SHAPE.exec(key);
  if (parts === null) return null;
  const [, order = '', n = ''] = parts;
  return { order, n: Number(n) };
}

/** As `readFulfillmentKey`. @throws SyncError `bug` for a key that is none of ours. */
export function partsOfFulfillmentKey(key: Key): { readonly order: OrderId; readonly n: number } {
  const parts = readFulfillmentKey(key);
  if (parts !== null) return parts;
  throw new SyncError('bug', `"${key}" is not the key of a fulfillment order.`, {
    code: 'bad-fulfillment-key',
    remedy: 'This is a fault in Crossdock. Report it with the job.',
  });
}
