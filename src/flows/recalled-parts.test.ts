import { describe, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import type { Recalled } from '../connector/contract.ts';
import { fulfillmentKey } from '../domain/fulfillment-key.ts';
import { orderId } from '../domain/ids.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import { withRecalled } from './recalled-parts.ts';

const DEPOT = { provider: 'depot', location: 'east', at: new Date('2026-11-20T12:00:00Z') };

function held(n: number, lines: Recalled['lines'], state: Recalled['state'] = 'done'): Recalled {
  return { key: fulfillmentKey(orderId('shop', '1'), n), id: `d${n}`, location: null, lines, state };
}

/** The parts, of an order of these units line by line, once the depot has told what it holds. */
function told(
  units: readonly (readonly [sku: string, ordered: number])[],
  requests: readonly Recalled[],
  fulfillments: FulfillmentPart[] = [],
): readonly FulfillmentPart[] {
  const lines = units.map(([sku, ordered], index) => ({
    id: String(index + 1),
    ordered,
    cancelled: 0,
    components: [{ sku, quantity: 1 }],
  }));
  return withRecalled({ number: '#1', revision: 1, fulfillments, order: { lines } }, DEPOT, requests).fulfillments;
}

describe('what a provider tells that it holds of an order', () => {
  it('gives the units of a SKU to its lines in their order, each what was ordered, and what is more to the last', () => {
    const units = [
      { sku: 'a', quantity: 4 },
      { sku: 'b', quantity: 1 },
    ];
    const more = [{ sku: 'a', quantity: 3 }];
    const lines = [['a', 2], ['b', 1], ['a', 3]] as const; // prettier-ignore
    expect(told(lines, [held(1, units), held(2, more, 'pending')])).toMatchObject([
      {
        state: 'pushed',
        location: 'east',
        lines: [
          { line: '1', sku: 'a', quantity: 2 },
          { line: '2', sku: 'b', quantity: 1 },
          { line: '3', sku: 'a', quantity: 2 },
        ],
      },
      { state: 'pending', lines: [{ line: '3', sku: 'a', quantity: 3 }] },
    ]);
  });

  it('leaves ended what its shipments had brought to an end before it was asked', () => {
    const shipment = { externalId: 's1', version: 1, status: 'cancelled', reason: 'damaged', shippedAt: null } as const;
    const rejected = askedPart(1, { state: 'rejected', reason: 'damaged', shipments: [{ ...shipment, parcels: [] }] });
    expect(told([['a', 1]], [held(1, [{ sku: 'a', quantity: 1 }])], [rejected])).toEqual([
      { ...rejected, externalId: 'd1' },
    ]);
  });

  it.each(['done', 'pending'] as const)(
    'is refused where it is %s there and names no unit: as a part it would keep none from being asked for again',
    (state) => {
      for (const lines of [[], [{ sku: 'a', quantity: 0 }]])
        expect(() => told([['a', 1]], [held(1, lines, state)])).toThrow(
          expect.objectContaining({ fault: 'data', code: 'recalled-without-units', remoteId: 'd1' }),
        );
    },
  );

  it('may name no unit of what is stopped there, which only takes its number', () => {
    expect(told([['a', 1]], [held(1, [], 'stopped')])).toMatchObject([{ n: 1, state: 'cancelled', lines: [] }]);
  });

  it('keeps nothing waiting for what is stopped there, be it of no line or under a number that another was given since', () => {
    const stopped = [1, 2].map((n) => held(n, [{ sku: 'unheard-of', quantity: 1 }], 'stopped'));
    expect(told([['a', 1]], stopped, [askedPart(1, { provider: 'other' })])).toMatchObject([
      { n: 1, state: 'asked', provider: 'other' },
      { n: 2, state: 'cancelled', provider: 'depot', lines: [] },
    ]);
  });
});
