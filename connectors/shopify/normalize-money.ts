import { parseAmount } from '../../src/domain/money.ts';
import type { Amount, Discount, DiscountAllocation, TaxLine } from '../../src/domain/order.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { isObject } from './field.ts';
import type { Field } from './field.ts';

/** The two currencies of one order: what the shop keeps its books in, and what the buyer paid in. */
export interface Currencies {
  readonly shop: string;
  readonly buyer: string;
}

export const NOTHING: Amount = { shop: 0, buyer: 0 };

export function plus(one: Amount, other: Amount): Amount {
  return { shop: one.shop + other.shop, buyer: one.buyer + other.buyer };
}

export function minus(one: Amount, other: Amount): Amount {
  return { shop: one.shop - other.shop, buyer: one.buyer - other.buyer };
}

export function times(amount: Amount, quantity: number): Amount {
  return { shop: amount.shop * quantity, buyer: amount.buyer * quantity };
}

/**
 * The money set at `key` in both currencies of the order.
 * @throws SyncError `data` where it is absent, in another currency than the order, or finer than the currency has minor units.
 */
export function amountAt(field: Field, key: string, currencies: Currencies): Amount {
  const set = field.value[key];
  if (!isObject(set)) throw field.unreadable(key, 'money');
  const shop = side(field, key, set['shopMoney'], 'shopMoney', currencies.shop);
  const buyer = side(field, key, set['presentmentMoney'], 'presentmentMoney', currencies.buyer);
  return { shop, buyer };
}

/** As `amountAt`; nothing where the set is absent. */
export function amountOrNothing(field: Field, key: string, currencies: Currencies): Amount {
  const set = field.value[key];
  return set === null || set === undefined ? NOTHING : amountAt(field, key, currencies);
}

function side(field: Field, key: string, money: unknown, name: string, currency: string): number {
  if (!isObject(money)) throw field.unreadable(`${key}.${name}`, 'money');
  const amount = money['amount'];
  if (typeof amount !== 'string') throw field.unreadable(`${key}.${name}.amount`, 'decimal text');
  if (money['currencyCode'] !== currency) {
    const path = field.path(`${key}.${name}.currencyCode`);
    throw new SyncError('data', `Shopify stated ${path} in another currency than the order’s ${currency}`, {
      code: 'currency-mismatch',
      field: path,
      remedy:
        'Open the order in Shopify and compare its currency with the shop’s; report the order id if both look right.',
    });
  }
  try {
    return parseAmount(amount, currency);
  } catch (cause) {
    const path = field.path(`${key}.${name}.amount`);
    throw new SyncError('data', `The amount at ${path} is not a whole number of ${currency} minor units`, {
      code: cause instanceof SyncError ? cause.code : 'amount-unreadable',
      field: path,
      remedy: 'Open the order in Shopify and compare the amount; correct it there, or report the order id.',
      cause,
    });
  }
}

/** Shopify states a rate as a JSON number; its shortest decimal text is what the merchant typed. */
function rateOf(field: Field): string {
  const rate = field.value['rate'];
  if (typeof rate !== 'number' || !Number.isFinite(rate)) return '0';
  const text = String(rate);
  return text.includes('e') ? rate.toLocaleString('en-US', { maximumFractionDigits: 20, useGrouping: false }) : text;
}

/** The tax lines at `taxLines`. `channelLiable` = the channel collects and remits it, so it is never ours. */
export function taxesAt(field: Field, currencies: Currencies): TaxLine[] {
  return field.list('taxLines').map((tax) => ({
    title: tax.text('title'),
    rate: rateOf(tax),
    // Shopify has no field for the jurisdiction: it is in the title ("New York State Tax"), which the mapping's `taxes` table reads.
    jurisdiction: tax.text('title'),
    amount: amountAt(tax, 'priceSet', currencies),
    collectedBy: tax.flag('channelLiable') ? 'channel' : 'us',
  }));
}

const DISCOUNT_KINDS: Readonly<Record<string, Discount['kind']>> = {
  DiscountCodeApplication: 'code',
  AutomaticDiscountApplication: 'automatic',
  ManualDiscountApplication: 'manual',
  ScriptDiscountApplication: 'script',
};

/** The discounts of one order, gathered from their allocations in order of appearance. */
export class Discounts {
  readonly found: Discount[] = [];
  private readonly positions = new Map<string, number>();
  private readonly currencies: Currencies;

  constructor(currencies: Currencies) {
    this.currencies = currencies;
  }

  allocationsAt(field: Field): DiscountAllocation[] {
    const allocations: DiscountAllocation[] = [];
    for (const allocation of field.list('discountAllocations')) {
      const amount = amountAt(allocation, 'allocatedAmountSet', this.currencies);
      // Shopify lists an allocation of nothing for each line that a discount could have reached.
      if (amount.shop === 0 && amount.buyer === 0) continue;
      allocations.push({ discount: this.position(allocation.child('discountApplication')), amount });
    }
    return allocations;
  }

  private position(application: Field): number {
    const typename = application.text('__typename');
    const kind = DISCOUNT_KINDS[typename];
    if (kind === undefined) throw application.unreadable('__typename', 'known kind of discount');
    const code = kind === 'code' ? application.text('code') : null;
    const title = code ?? application.text('title');
    const key = `${String(application.value['index'])}/${typename}/${title}`;
    const known = this.positions.get(key);
    if (known !== undefined) return known;
    this.positions.set(key, this.found.length);
    this.found.push({ kind, title, code });
    return this.found.length - 1;
  }
}
