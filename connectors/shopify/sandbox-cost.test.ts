import { describe, it, expect } from '@jest/globals';
import fc from 'fast-check';
import { Kind, parse } from 'graphql';
import { Bucket } from './sandbox-bucket.ts';
import { priceOf, sizeStep, type Price } from './sandbox-cost.ts';
import { sandboxSchema } from './sandbox-schema.ts';

const schema = sandboxSchema();

function priced(text: string): Price {
  const document = parse(text);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('no operation');
  return priceOf(schema, document, operation);
}

describe('what a document costs', () => {
  it.each([
    ['an object is 1, its scalars nothing', '{ shop { name currencyCode } }', 1],
    ['money and page marks are free', '{ order(id: "1") { totalPriceSet { shopMoney { amount } } } }', 1],
    ['a list counts once', '{ order(id: "1") { transactions(first: 50) { id } } }', 2],
    ['a page is 2 and its entry ⌊2·ln n⌋ times', '{ orders(first: 10) { nodes { id } pageInfo { hasNextPage } } }', 6],
    ['of the largest page 13', '{ orders(first: 250) { nodes { id } } }', 13],
    [
      'pages inside pages multiply',
      '{ orders(first: 10) { nodes { id lineItems(first: 10) { nodes { id variant { id } } } } } }',
      46,
    ],
    ['entries asked for twice count twice', '{ orders(first: 1) { nodes { id } edges { cursor node { id } } } }', 4],
    ['a count is 10', '{ ordersCount { count } }', 10],
    [
      'of several types the dearest counts',
      '{ node(id: "1") { ... on Order { customer { id } shippingAddress { city } } ... on Location { address { city } } } }',
      3,
    ],
    [
      'a mutation is 10 with all that it hands back',
      'mutation { webhookSubscriptionDelete(id: "1") { deletedWebhookSubscriptionId userErrors { message } } }',
      10,
    ],
  ])('%s', (_rule, text, cost) => {
    expect(priced(text).requested({})).toBe(cost);
  });

  it('reads page sizes from variables', () => {
    expect(priced('query Q($n: Int!) { orders(first: $n) { nodes { id } } }').requested({ n: 20 })).toBe(7);
  });

  it('charges what came back: nothing for what is absent, a page by its length', () => {
    const { actual } = priced('{ orders(first: 50) { nodes { id customer { id } } } }');
    const entry = { id: '1', customer: null };
    expect([
      actual({ orders: { nodes: [] } }),
      actual({ orders: { nodes: [entry] } }),
      actual({ orders: { nodes: Array(5).fill({ id: '1', customer: { id: '2' } }) } }),
    ]).toEqual([2, 3, 8]);
  });

  it('counts an entry at least once and never less for a larger page', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 249 }), (n) => sizeStep(n) >= 1 && sizeStep(n + 1) >= sizeStep(n)));
  });
});

describe('the bucket', () => {
  it('refills at its rate up to its size, never beyond, and gives back what was not used', () => {
    let now = 0;
    const bucket = new Bucket({ now: () => now, sleep: async () => undefined }, 2_000, 100);
    expect([bucket.draw(1_950), bucket.draw(51), bucket.status().currentlyAvailable]).toEqual([true, false, 50]);
    now = 500;
    expect([bucket.draw(100), bucket.draw(1)]).toEqual([true, false]);
    bucket.giveBack(40);
    expect(bucket.status()).toEqual({ maximumAvailable: 2_000, currentlyAvailable: 40, restoreRate: 100 });
    now = 100_000;
    expect(bucket.status().currentlyAvailable).toBe(2_000);
  });
});
