import type { Amount } from '../../../domain/order.ts';

export const NOTHING: Amount = { shop: 0, buyer: 0 };

/** `whole × numerator ÷ denominator` in integers, half away from zero. @throws RangeError past 2^53. */
export function share(whole: number, numerator: number, denominator: number): number {
  const product = Math.abs(whole) * numerator;
  if (!Number.isSafeInteger(product)) throw new RangeError(`${whole} × ${numerator} is too large to be exact`);
  const rest = product % denominator;
  const rounded = (product - rest) / denominator + (rest * 2 >= denominator ? 1 : 0);
  return whole < 0 ? -rounded : rounded;
}

export function plus(...amounts: readonly Amount[]): Amount {
  let shop = 0;
  let buyer = 0;
  for (const amount of amounts) {
    shop += amount.shop;
    buyer += amount.buyer;
  }
  return { shop, buyer };
}

export function minus(from: Amount, take: Amount): Amount {
  return { shop: from.shop - take.shop, buyer: from.buyer - take.buyer };
}

export function times(amount: Amount, count: number): Amount {
  return { shop: amount.shop * count, buyer: amount.buyer * count };
}

/** The same share of both currencies, each rounded on its own. */
export function part(amount: Amount, numerator: number, denominator: number): Amount {
  return { shop: share(amount.shop, numerator, denominator), buyer: share(amount.buyer, numerator, denominator) };
}

export function lesser(one: Amount, other: Amount): Amount {
  return one.shop <= other.shop ? one : other;
}

/** Spreads an amount over weights so that the parts sum back to it in both currencies. */
export function spread(amount: Amount, weights: readonly Amount[]): Amount[] {
  const shop = spreadOne(
    amount.shop,
    weights.map((weight) => weight.shop),
  );
  const buyer = spreadOne(
    amount.buyer,
    weights.map((weight) => weight.buyer),
  );
  return shop.map((minor, at) => ({ shop: minor, buyer: buyer[at] ?? 0 }));
}

/** Cumulative rounding: no part is off by more than one minor unit and nothing is left over. */
function spreadOne(minor: number, weights: readonly number[]): number[] {
  let total = 0;
  for (const weight of weights) total += weight;
  let seen = 0;
  let given = 0;
  return weights.map((weight) => {
    seen += weight;
    const upTo = total === 0 ? 0 : share(minor, seen, total);
    const own = upTo - given;
    given = upTo;
    return own;
  });
}
