import type { Amount } from '../../src/domain/order.ts';

export interface MoneyV2 {
  readonly amount: string;
  readonly currencyCode: string;
}
export interface MoneyBag {
  readonly shopMoney: MoneyV2;
  readonly presentmentMoney: MoneyV2;
}

/** Writes amounts of one order as Shopify does: decimal text with at least one digit after the point and no zeros that say nothing. */
export function moneyWriter(currency: { readonly shop: string; readonly buyer: string }): (amount: Amount) => MoneyBag {
  return (amount) => ({
    shopMoney: { amount: decimal(amount.shop), currencyCode: currency.shop },
    presentmentMoney: { amount: decimal(amount.buyer), currencyCode: currency.buyer },
  });
}

/** Hundredths as decimal text: 1230 → `12.3`. Every currency of the sandbox has two digits. */
export function decimal(minor: number): string {
  const digits = String(Math.abs(minor)).padStart(3, '0');
  const cents = digits.slice(-2);
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -2)}.${cents.endsWith('0') ? cents.slice(0, 1) : cents}`;
}
