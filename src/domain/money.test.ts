import { describe, expect, it } from '@jest/globals';
import { add as dineroAdd, allocate as dineroAllocate, dinero, toDecimal } from 'dinero.js';
import * as dineroCurrencies from 'dinero.js/currencies';
import fc from 'fast-check';
import { DECIMAL_PLACES } from './currencies.ts';
import * as own from './money.ts';

const { exponent, formatAmount, money, parseAmount, split } = own;
const oracle = Object.values(dineroCurrencies);
const currency = fc.constantFrom(...DECIMAL_PLACES.keys());
const minor = fc.maxSafeInteger();

function faultOf(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  return null;
}

describe('exponent', () => {
  it.each([
    ['EUR', 2],
    ['JPY', 0],
    ['ISK', 0],
    ['UGX', 0],
    ['KWD', 3],
    ['BHD', 3],
    ['HUF', 2],
    ['IQD', 3],
    ['MGA', 2],
    ['CLF', 4],
  ])('%s has %i decimal places', (code, places) => {
    expect(exponent(code)).toBe(places);
  });

  it('knows every currency that dinero.js knows, with the same places', () => {
    expect(oracle.length).toBeGreaterThan(150);
    const differing = oracle.filter(({ code, base, exponent: places }) => {
      // dinero.js counts ariary and ouguiya in fifths (base 5); ISO 4217 lists two places, which is what banks are sent.
      return DECIMAL_PLACES.get(code) !== (base === 5 ? 2 : places);
    });
    expect(differing).toEqual([]);
  });

  it('refuses a code that is no currency, and says what to do', () => {
    expect(faultOf(() => exponent('XAU'))).toMatchObject({ fault: 'data', code: 'unknown-currency' });
    expect(faultOf(() => exponent('eur'))).toMatchObject({ fault: 'data', code: 'unknown-currency' });
    expect(faultOf(() => money(1, 'EURO'))).toMatchObject({ fault: 'data', code: 'unknown-currency' });
  });
});

describe('parseAmount', () => {
  it.each([
    ['12', 'EUR', 1200],
    ['12.3', 'EUR', 1230],
    ['12.340', 'EUR', 1234],
    ['-0.5', 'EUR', -50],
    ['+7.00', 'EUR', 700],
    ['0.1', 'KWD', 100],
    ['1.234', 'KWD', 1234],
    ['980', 'JPY', 980],
    ['980.00', 'JPY', 980],
    ['1490.0', 'ISK', 1490],
    ['5990.50', 'HUF', 599050],
    ['007.10', 'USD', 710],
    ['90071992547409.91', 'USD', Number.MAX_SAFE_INTEGER],
    ['1.1000000000000000000000', 'USD', 110],
  ])('reads %s %s as %i minor units', (text, code, expected) => {
    expect(parseAmount(text, code)).toBe(expected);
  });

  it('reads minus nothing as nothing', () => {
    expect(Object.is(parseAmount('-0.00', 'EUR'), 0)).toBe(true);
  });

  it.each([
    ['12.345', 'EUR', 'amount-precision'],
    ['0.5', 'JPY', 'amount-precision'],
    ['1.0001', 'KWD', 'amount-precision'],
    ['', 'EUR', 'amount-malformed'],
    ['-', 'EUR', 'amount-malformed'],
    ['.5', 'EUR', 'amount-malformed'],
    ['5.', 'EUR', 'amount-malformed'],
    ['1,50', 'EUR', 'amount-malformed'],
    ['1e3', 'EUR', 'amount-malformed'],
    ['1.2.3', 'EUR', 'amount-malformed'],
    [' 1', 'EUR', 'amount-malformed'],
    ['--1', 'EUR', 'amount-malformed'],
    ['NaN', 'EUR', 'amount-malformed'],
    ['90071992547409.92', 'USD', 'amount-too-large'],
    [`1${'0'.repeat(400)}`, 'USD', 'amount-too-large'],
  ])('refuses %s %s as %s', (text, code, expected) => {
    expect(faultOf(() => parseAmount(text, code, 'totalPrice'))).toMatchObject({
      fault: 'data',
      code: expected,
      field: 'totalPrice',
    });
  });

  it('is the inverse of formatAmount, for every currency', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        expect(parseAmount(formatAmount(amount, code), code)).toBe(amount);
      }),
    );
  });
});

describe('formatAmount', () => {
  it.each([
    [5, 'EUR', '0.05'],
    [-50, 'EUR', '-0.50'],
    [-0, 'EUR', '0.00'],
    [980, 'JPY', '980'],
    [1, 'KWD', '0.001'],
    [Number.MIN_SAFE_INTEGER, 'EUR', '-90071992547409.91'],
  ])('writes %i %s as %s', (amount, code, expected) => {
    expect(formatAmount(amount, code)).toBe(expected);
  });

  it('writes what dinero.js writes', () => {
    const decimal = oracle.filter(({ base }) => base === 10);
    fc.assert(
      fc.property(minor, fc.constantFrom(...decimal), (amount, code) => {
        expect(formatAmount(amount, code.code)).toBe(toDecimal(dinero({ amount, currency: { ...code, base: 10 } })));
      }),
    );
  });
});

describe('arithmetic', () => {
  const euro = (amount: number): own.Money => money(amount, 'EUR');

  it('adds, subtracts, compares and sums within one currency', () => {
    expect(own.add(euro(150), euro(-50))).toEqual(euro(100));
    expect(own.subtract(euro(150), euro(200))).toEqual(euro(-50));
    expect([euro(3), euro(-1), euro(2)].sort(own.compare)).toEqual([euro(-1), euro(2), euro(3)]);
    expect(own.sum([euro(1), euro(2), euro(3)], 'EUR')).toEqual(euro(6));
    expect(own.sum([], 'EUR')).toEqual(euro(0));
  });

  it('refuses to put two currencies together', () => {
    const dollar = money(1, 'USD');
    for (const run of [own.add, own.subtract, own.compare]) {
      expect(faultOf(() => run(euro(1), dollar))).toMatchObject({ fault: 'bug', code: 'two-currencies' });
    }
    expect(faultOf(() => own.sum([euro(1), dollar], 'EUR'))).toMatchObject({ code: 'two-currencies' });
  });

  it('refuses what is no longer exact', () => {
    const most = euro(Number.MAX_SAFE_INTEGER);
    expect(faultOf(() => own.add(most, euro(1)))).toMatchObject({ fault: 'bug', code: 'amount-not-exact' });
    expect(faultOf(() => own.subtract(euro(-Number.MAX_SAFE_INTEGER), euro(1)))).toMatchObject({
      code: 'amount-not-exact',
    });
    expect(faultOf(() => money(0.1, 'EUR'))).toMatchObject({ code: 'amount-not-exact' });
  });

  it('adds as dinero.js does', () => {
    const { USD } = dineroCurrencies;
    const amount = fc.integer();
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        const expected = toDecimal(
          dineroAdd(dinero({ amount: a, currency: USD }), dinero({ amount: b, currency: USD })),
        );
        expect(formatAmount(own.add(money(a, 'USD'), money(b, 'USD')).minor, 'USD')).toBe(expected);
      }),
    );
  });
});

describe('split', () => {
  it.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [-100, [1, 1, 1], [-34, -33, -33]],
    [5, [3, 7], [2, 3]],
    [10, [0, 1, 0, 2], [0, 3, 0, 7]],
    [1, [1, 2, 1], [0, 1, 0]],
    [7, [0, 0, 0], [3, 2, 2]],
    [0, [2, 3], [0, 0]],
    [0, [], []],
  ])('splits %i over %j as %j', (total, weights, expected) => {
    expect(split(total, weights)).toEqual(expected);
  });

  it('is exact where share and total multiply past 2^53', () => {
    expect(split(Number.MAX_SAFE_INTEGER, [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])).toEqual([
      4503599627370496, 4503599627370495,
    ]);
  });

  it('refuses weights that are none', () => {
    for (const weights of [[-1, 2], [0.5], [NaN], []]) {
      expect(faultOf(() => split(10, weights))).toMatchObject({ fault: 'bug', code: 'split-weights' });
    }
  });

  it('sums back exactly, gives zero weights nothing and is never a whole unit off its share', () => {
    const weights = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(minor, weights, (total, of) => {
        const parts = split(total, of);
        const whole = of.reduce((sum, weight) => sum + weight, 0);
        expect(parts.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(total));
        for (const [at, weight] of of.entries()) {
          const part = BigInt(parts[at] ?? 0);
          if (whole === 0) continue;
          if (weight === 0) expect(part).toBe(0n);
          const off = part * BigInt(whole) - BigInt(total) * BigInt(weight);
          expect(off < 0n ? -off : off).toBeLessThan(BigInt(whole));
        }
      }),
    );
  });

  it('splits evenly as dinero.js does', () => {
    const { EUR } = dineroCurrencies;
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 12 }), (total, parts) => {
        const even = Array<number>(parts).fill(1);
        const expected = dineroAllocate(dinero({ amount: total, currency: EUR }), even).map((part) => toDecimal(part));
        expect(split(total, even).map((part) => formatAmount(part, 'EUR'))).toEqual(expected);
      }),
    );
  });
});
