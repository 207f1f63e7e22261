import type { FulfillmentPart } from '../../src/store/fulfillment-documents.ts';

/** The n-th fulfillment order of an order, asked for and not sent: one unit of `a` for line 1 from the depot at west. */
export function askedPart(n: number, change: Partial<FulfillmentPart> = {}): FulfillmentPart {
  return {
    n,
    location: 'west',
    provider: 'depot',
    lines: [{ line: '1', sku: 'a', quantity: 1 }],
    revision: 1,
    assigned: false,
    state: 'asked',
    unwanted: null,
    cancel: null,
    externalId: null,
    reason: null,
    at: new Date(0),
    shipments: [],
    ...change,
  };
}
