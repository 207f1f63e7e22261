import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoff } from './backoff.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before another attempt', () => {
  it('is a whole number of milliseconds, at least 50 and below half a second doubled per failure, at most five minutes', () => {
    fc.assert(
      fc.property(fc.nat(1_000), chance, (attempts, drawn) => {
        const wait = backoff(attempts, drawn);
        expect(Number.isSafeInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(50);
        expect(wait).toBeLessThan(Math.min(300_000, 500 * 2 ** attempts));
      }),
    );
  });

  it('is drawn from the whole of that span: proportional to chance', () => {
    expect([0, 1, 3, 9, 10, 30].map((attempts) => backoff(attempts, 0.5))).toEqual([
      250, 500, 2_000, 128_000, 150_000, 150_000,
    ]);
    expect([0, 0.25, 0.75, 0.999].map((drawn) => backoff(4, drawn))).toEqual([50, 2_000, 6_000, 7_992]);
  });

  it('grows, or stays, with chance and with attempts', () => {
    fc.assert(
      fc.property(fc.nat(40), chance, chance, (attempts, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(backoff(attempts, less)).toBeLessThanOrEqual(backoff(attempts, more));
        expect(backoff(attempts, less)).toBeLessThanOrEqual(backoff(attempts + 1, less));
      }),
    );
  });
});
