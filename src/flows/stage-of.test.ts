import { describe, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import type { OrderLine } from '../domain/order.ts';
import { sampleLine, sampleOrder } from '../domain/sample-order.ts';
import type { Stage } from '../store/documents.ts';
import { storedOrder } from '../store/order-records.ts';
import { testOrder } from '../store/test-order.ts';
import { stageOf } from './stage-of.ts';

/** The stage of an order of these lines, of which so many units left with our depot, and of which nothing is planned. */
function stage(lines: readonly Partial<OrderLine>[], left: number, paid: boolean): Stage {
  const order = sampleOrder({
    lines: lines.map((line, index) => sampleLine(String(index + 1), line)),
    holds: paid ? [] : [{ kind: 'unpaid', reason: 'The authorization has expired.', until: null }],
  });
  const units = [{ line: '1', quantity: left }];
  const items = units.map((unit) => ({ ...unit, sku: 'SKU-1' }));
  const parcel = { carrier: null, tracking: null, url: null, items, units, taken: true, confirmed: null };
  const shipment = { externalId: 's1', version: 1, reason: null, shippedAt: new Date(0), parcels: [parcel] };
  const part = askedPart(1, { state: 'pushed', shipments: [{ ...shipment, status: 'shipped' }] });
  return stageOf(
    { ...testOrder('1', { order: storedOrder(order) }), ...(left === 0 ? {} : { fulfillments: [part] }) },
    [],
    false,
  );
}

describe('an order that is no longer paid', () => {
  it.each<[string, Stage, Partial<OrderLine>[], number]>([
    ['that we have shipped in full stays shipped', 'shipped', [{ ordered: 2 }], 2],
    [
      'of which we have shipped all but what was cancelled stays shipped',
      'shipped',
      [{ ordered: 2, cancelled: 1 }, { fulfilledBy: 'channel' }],
      1,
    ],
    ['that the channel has shipped in full is as if it were paid', 'nothing to ship', [{ ordered: 2, shipped: 2 }], 0],
  ])('%s', (_rule, expected, lines, left) => {
    expect([stage(lines, left, false), stage(lines, left, true)]).toEqual([expected, expected]);
  });

  it.each<[string, Stage, Partial<OrderLine>[], number]>([
    ['of which a unit has not left is partly shipped', 'partly shipped', [{ ordered: 2 }], 1],
    ['of which nothing has left is held', 'held', [{ ordered: 2 }], 0],
    ['of which all was cancelled is held', 'held', [{ ordered: 2, cancelled: 2 }], 0],
  ])('%s', (_rule, expected, lines, left) => {
    expect(stage(lines, left, false)).toBe(expected);
  });
});
