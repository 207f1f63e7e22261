import { describe, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import { orderId } from '../domain/ids.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import { whatStays } from './release-shortfall.ts';

const COUNTED = new Date('2026-11-20T12:00:00Z');
const BEFORE = new Date('2026-11-20T11:59:59Z');
const AFTER = new Date('2026-11-20T12:00:01Z');

/** One of `a` is reserved at west for each order, and a count has left none. */
function stays(...orders: readonly (readonly FulfillmentPart[])[]): string {
  const reserved = orders.map((_, index) => ({
    order: orderId('shop', String(index)),
    line: '1',
    quantity: 1,
    revision: 1,
  }));
  const level = { sku: 'a', location: 'west', free: -orders.length, countedAt: COUNTED, reserved };
  return whatStays(
    level,
    orders.map((fulfillments) => ({ plan: null, fulfillments: [...fulfillments] })),
  );
}

function left(shippedAt: Date, taken = false): FulfillmentPart {
  const items = [{ line: '1', sku: 'a', quantity: 1 }];
  const parcel = { carrier: null, tracking: 'T1', url: null, items, units: [{ line: '1', quantity: 1 }], taken };
  const shipment = { externalId: 's1', version: 1, status: 'shipped', reason: null, shippedAt } as const;
  return askedPart(1, { state: 'closed', shipments: [{ ...shipment, parcels: [{ ...parcel, confirmed: null }] }] });
}

describe('what stays reserved though a count shows less', () => {
  it('is nothing to tell of where the count has missed what left before it and is about to be taken off', () => {
    expect(stays([left(BEFORE)], [left(COUNTED)])).toBe('left');
  });

  it('was handed on where a provider has yet to ship it, or shipped it after the count showed less', () => {
    expect(stays([askedPart(1, { state: 'pushed' })])).toBe('handed on');
    expect(stays([left(BEFORE)], [askedPart(1)])).toBe('handed on');
    expect(stays([left(AFTER)])).toBe('handed on');
  });

  it('is not explained where some of it is with nobody, and was never taken off or was taken off already', () => {
    expect(stays([])).toBe('unexplained');
    expect(stays([left(BEFORE)], [])).toBe('unexplained');
    expect(stays([left(BEFORE, true)])).toBe('unexplained');
    expect(stays([askedPart(1, { location: 'east' })])).toBe('unexplained');
  });
});
