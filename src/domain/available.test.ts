import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { availableOf, type Sellable } from './available.ts';

const A = [{ sku: 'A', quantity: 1 }];
const KIT = [
  { sku: 'A', quantity: 2 },
  { sku: 'B', quantity: 1 },
];

function levels(there: Readonly<Record<string, Sellable>>): (sku: string) => Sellable | null {
  return (sku) => there[sku] ?? null;
}

describe('what can still be sold', () => {
  it('is what is free, less what orders wait for, less the buffer', () => {
    expect(availableOf(A, levels({ A: { free: 10, waiting: 3 } }), 2)).toBe(5);
  });

  it('is never below zero, also where a count took away what was promised', () => {
    expect(availableOf(A, levels({ A: { free: -4, waiting: 0 } }), 0)).toBe(0);
  });

  it('of a kit is as many as its scarcest component makes', () => {
    expect(availableOf(KIT, levels({ A: { free: 7, waiting: 0 }, B: { free: 9, waiting: 0 } }), 0)).toBe(3);
    expect(availableOf(KIT, levels({ A: { free: 70, waiting: 0 }, B: { free: 9, waiting: 8 } }), 0)).toBe(1);
  });

  it('is nothing where a component is not kept', () => {
    expect(availableOf(KIT, levels({ A: { free: 70, waiting: 0 } }), 0)).toBe(0);
  });

  it('sold out in full never takes more of a component than is free', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            quantity: fc.integer({ min: 1, max: 9 }),
            free: fc.integer({ min: -50, max: 500 }),
            waiting: fc.nat(60),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        fc.nat(20),
        (parts, buffer) => {
          const components = parts.map(({ quantity }, index) => ({ sku: `S${index}`, quantity }));
          const sold = availableOf(components, (sku) => parts[Number(sku.slice(1))] ?? null, buffer);
          expect(sold).toBeGreaterThanOrEqual(0);
          for (const { quantity, free, waiting } of parts) {
            if (sold > 0) expect(sold * quantity + waiting + buffer).toBeLessThanOrEqual(free);
          }
        },
      ),
    );
  });
});
