import type { AssignmentRequest, Confirmation } from '../../src/domain/fulfillment.ts';
import type { Key } from '../../src/domain/ids.ts';
import { contractSuite, type SinkSubject } from '../../test/contract/suite.ts';
import { SECRET, TOKEN } from './test-shop.ts';
import { openWritable, startWritableShop, unitsAt, type WritableShop } from './test-writes.ts';

const secrets = [TOKEN, SECRET];

function tracking(key: Key): string {
  return `1Z-${key.replaceAll(/[^a-z0-9]/g, '-')}`;
}

function confirmation(shop: WritableShop, key: Key): Confirmation {
  const { order, line, location } = shop.unitFor(key);
  const lines = [{ line, quantity: 1 }];
  const parcel = { carrier: 'UPS', tracking: [{ number: tracking(key), url: null }] };
  return { key, order, location, lines, ...parcel, shippedAt: Date.parse('2026-11-20T08:00:00Z'), notify: true };
}

const confirmations: SinkSubject<Confirmation, WritableShop> = {
  name: 'confirmations',
  start: () => startWritableShop('fulfillmentCreate('),
  open: (shop, io) => openWritable(shop.url, io).confirmations,
  item: (shop, key) => confirmation(shop, key),
  written: async (shop, key) =>
    (await shop.told()).confirmations.filter((each) => each.tracking.includes(tracking(key))).map(({ id }) => id),
  by: 'find',
  looksFirst: true,
  secrets,
  refused: {
    item: (shop, key) => ({ ...confirmation(shop, key), location: shop.unitFor(key).other }),
    says: 'cannot be told of 1 units',
  },
};

function assignment(shop: WritableShop, key: Key): AssignmentRequest {
  const { order, line, other } = shop.unitFor(key);
  return { order, location: other, lines: [{ line, quantity: 1 }] };
}

const assignments: SinkSubject<AssignmentRequest, WritableShop> = {
  name: 'assignments',
  start: () => startWritableShop('fulfillmentOrderMove('),
  open: (shop, io) => openWritable(shop.url, io).assignments,
  item: assignment,
  written: async (shop, key) => {
    const { order, line, other } = shop.unitFor(key);
    return Array.from({ length: await unitsAt(shop, order, line, other) }, () => order);
  },
  by: 'find',
  looksFirst: true,
  secrets,
  refused: {
    item: (shop, key) => ({ ...assignment(shop, key), location: 'gid://shopify/Location/1' }),
    says: 'Shopify does not move',
  },
};

contractSuite({ name: 'what is written to shopify', sinks: [confirmations, assignments] });
