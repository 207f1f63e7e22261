import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openQuantity } from './order.ts';
import { orderStatus, type LineStanding } from './order-status.ts';

function standing(but: Partial<LineStanding>): LineStanding {
  return { ordered: 2, reserved: 0, pushed: 0, shipped: 0, cancelled: 0, returned: 0, ...but };
}

describe('openQuantity', () => {
  it('is ordered − cancelled − shipped, and never below zero', () => {
    expect(openQuantity({ ordered: 5, cancelled: 1, shipped: 2 })).toBe(2);
    expect(openQuantity({ ordered: 1, cancelled: 1, shipped: 1 })).toBe(0);
  });
});

describe('orderStatus', () => {
  it.each<[string, Partial<LineStanding>[]]>([
    ['nothing to ship', []],
    ['nothing to ship', [{ ordered: 0 }]],
    ['waiting', [{}]],
    ['partly allocated', [{ reserved: 1 }]],
    ['partly allocated', [{ reserved: 2 }, {}]],
    ['allocated', [{ reserved: 2 }, { reserved: 2 }]],
    ['allocated', [{ reserved: 1, cancelled: 1 }]],
    ['partly pushed', [{ reserved: 2, pushed: 2 }, { reserved: 2 }]],
    ['pushed', [{ reserved: 2, pushed: 2 }]],
    ['partly shipped', [{ shipped: 1, reserved: 1, pushed: 1 }]],
    ['partly shipped', [{ shipped: 2 }, {}]],
    ['shipped', [{ shipped: 2 }]],
    ['shipped', [{ shipped: 1, cancelled: 1 }, { cancelled: 2 }]],
    ['partly returned', [{ shipped: 2, returned: 1 }]],
    ['returned', [{ shipped: 2, returned: 2 }]],
    ['cancelled', [{ cancelled: 2 }]],
  ])('is "%s" for %j', (status, lines) => {
    expect(orderStatus(lines.map(standing), false, false)).toBe(status);
  });

  it('is held only as long as something is open', () => {
    expect(orderStatus([standing({ reserved: 2 })], true, false)).toBe('held');
    expect(orderStatus([standing({ shipped: 1 })], true, false)).toBe('held');
    expect(orderStatus([standing({ shipped: 2 })], true, false)).toBe('shipped');
  });

  it('is cancelled when told so, whatever the lines say', () => {
    expect(orderStatus([standing({ shipped: 1 })], true, true)).toBe('cancelled');
  });

  it('does not let the surplus of one line stand in for another', () => {
    expect(orderStatus([standing({ ordered: 1, reserved: 2 }), standing({ ordered: 1 })], false, false)).toBe(
      'partly allocated',
    );
  });

  it('does not depend on the order of lines', () => {
    const units = fc.nat({ max: 3 });
    const line = fc.record({
      ordered: units,
      reserved: units,
      pushed: units,
      shipped: units,
      cancelled: units,
      returned: units,
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.boolean(), (lines, held) => {
        expect(orderStatus([...lines].reverse(), held, false)).toBe(orderStatus(lines, held, false));
      }),
    );
  });
});
