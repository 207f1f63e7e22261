import { describe, expect, it } from '@jest/globals';
import { queryCost, sizeFactor } from './cost.ts';
import { CHECK, orderDocuments, SUBSCRIBE } from './documents.ts';

describe('what a document costs', () => {
  it('counts an object 1, scalars, money and page marks nothing, a Count 10', () => {
    expect(queryCost('{ order(id: 1) { id totalPriceSet { shopMoney { amount currencyCode } } } }')).toBe(1);
    expect(queryCost('{ ordersCount { count precision } }')).toBe(10);
  });

  it('counts a connection 2 and its node ⌊2·ln first⌋ times', () => {
    expect(queryCost('{ orders(first: 20) { nodes { id name } pageInfo { hasNextPage } } }')).toBe(7);
    expect(queryCost('query Q($n: Int!) { orders(first: $n) { edges { node { id } } } }', { n: 250 })).toBe(13);
    expect(queryCost('{ orders(first: 1) { nodes { id } edges { node { id } } } }')).toBe(4);
  });

  it('grows in steps, whose tops are the page sizes used', () => {
    const tops = [2, 4, 7, 12, 20, 33, 54, 90, 148, 244];
    expect(tops.map(sizeFactor)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(tops.map((top) => sizeFactor(top + 1))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('counts a mutation 10, and a page of whole orders below 1,000', () => {
    expect([queryCost(SUBSCRIBE.text), queryCost(CHECK.text)]).toEqual([10, 3]);
    expect(queryCost(orderDocuments([]).page.text, { first: 33 })).toBe(854);
  });
});
