import { expect, it } from '@jest/globals';
import { day, threePieces } from '../domain/ledger/sample-ledger.ts';
import { MoneyMoved } from './money-moved.ts';

const CONNECTION = { zone: 'UTC', books: { ledger: 'erp', side: 'shop', maxLines: 10 }, cutOver: day(0) } as const;

it('moves the money of an order that could not be read, and none of one placed before the cut-over', () => {
  const moved = (placedAt: number): [string, string][] => {
    const money = new MoneyMoved(CONNECTION);
    money.add(null, null, threePieces({ placedAt }));
    return money.moves().map(({ account, by }) => [account, by]);
  };
  expect(moved(day(0))).toEqual([
    ['clearing', '114.99'],
    ['deposit', '-114.99'],
  ]);
  expect(moved(day(-1))).toEqual([]);
});
