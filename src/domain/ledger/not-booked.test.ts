import { expect, it } from '@jest/globals';
import { factsOf } from './facts.ts';
import { daysNotBooked } from './not-booked.ts';
import { BOOKS, day, sampleRefund, sampleTransfer, threePieces } from './sample-ledger.ts';

it('an order that cannot be booked is lacking on each day of what its facts do not tell, and on no other', () => {
  const placed = { businessDate: '2026-09-20' };
  const order = threePieces(placed);
  const sent = [sampleTransfer('s1', { A: 3 })];
  const days = (...given: Parameters<typeof daysNotBooked>): string[] => [...daysNotBooked(...given)].sort();
  expect(days(order, sent, [], BOOKS.zone)).toEqual(['2026-09-20', '2026-09-21', '2026-09-22']);
  const known = factsOf(order, sent, [], BOOKS);
  const refunded = threePieces({ ...placed, refunds: [sampleRefund('r1', 700, { at: day(9) })] });
  expect(days(refunded, sent, known, BOOKS.zone)).toEqual(['2026-09-30']);
  expect(days(order, sent, known, BOOKS.zone)).toEqual([]);
});
