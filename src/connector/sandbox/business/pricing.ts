import type { Sku } from '../../../domain/ids.ts';
import type { Amount } from '../../../domain/order.ts';
import { lesser, minus, NOTHING, part, plus, share, spread, times } from './amounts.ts';
import { productOf } from './catalogue.ts';
import type { Destination, Shop, TaxRule } from './places.ts';
import {
  grossOf,
  type DiscountShare,
  type Promotion,
  type SaleLine,
  type ShippingCharge,
  type TaxShare,
} from './sale.ts';

/** What the buyer pays for a sum of the shop's money. */
export function inBuyersMoney(minor: number, destination: Destination): Amount {
  return { shop: minor, buyer: share(minor, destination.rate, 10_000) };
}

/** A line of something on sale, not yet discounted or taxed. */
export function lineOf(number: number, sku: Sku, quantity: number, destination: Destination): SaleLine {
  const product = productOf(sku);
  return {
    number,
    sku,
    product: product.number,
    title: product.title,
    variant: product.variant === 'Default Title' ? null : product.variant,
    vendor: product.vendor,
    kind: product.kind,
    fulfilledBy: product.channelFulfilled
      ? 'channel'
      : product.kind === 'goods' || product.kind === 'kit'
        ? 'us'
        : 'nobody',
    quantity,
    unit: inBuyersMoney(product.price, destination),
    discounts: [],
    taxes: [],
    duty: null,
    customsCode: product.customsCode,
    removed: 0,
    shipped: 0,
    returned: 0,
    attributes: {},
  };
}

/** A line that no catalogue knows: a tip, or a service that staff typed in. */
export function looseLine(
  number: number,
  kind: 'tip' | 'custom',
  title: string,
  minor: number,
  destination: Destination,
): SaleLine {
  return {
    number,
    sku: null,
    product: null,
    title,
    variant: null,
    vendor: null,
    kind,
    fulfilledBy: 'nobody',
    quantity: 1,
    unit: inBuyersMoney(minor, destination),
    discounts: [],
    taxes: [],
    duty: null,
    customsCode: null,
    removed: 0,
    shipped: 0,
    returned: 0,
    attributes: {},
  };
}

/** Lines with one more promotion on those that it may touch. Gift cards and tips are never discounted. */
export function discounted(
  lines: readonly SaleLine[],
  promotion: Promotion,
  index: number,
  touches: (line: SaleLine) => boolean = () => true,
): SaleLine[] {
  const open = (line: SaleLine): Amount =>
    minus(grossOf(line), plus(NOTHING, ...line.discounts.map((each) => each.amount)));
  const eligible = lines.filter((line) => line.kind !== 'gift-card' && line.kind !== 'tip' && touches(line));
  const left = eligible.map(open);
  const cuts =
    'percent' in promotion.value
      ? left.map((amount) => part(amount, 'percent' in promotion.value ? promotion.value.percent : 0, 100))
      : spread(lesser(promotion.value.amount, plus(NOTHING, ...left)), left);
  return lines.map((line) => {
    const cut = cuts[eligible.indexOf(line)];
    return cut && cut.shop > 0 ? { ...line, discounts: [...line.discounts, { promotion: index, amount: cut }] } : line;
  });
}

/** Lines with their tax, on what is left after discounts. Gift cards and tips carry none. */
export function taxed(lines: readonly SaleLine[], destination: Destination, shop: Shop): SaleLine[] {
  return lines.map((line) => {
    if (line.kind === 'gift-card' || line.kind === 'tip') return line;
    const net = minus(grossOf(line), plus(NOTHING, ...line.discounts.map((each) => each.amount)));
    return { ...line, taxes: taxShares(net, destination.taxes, shop.taxIncluded) };
  });
}

/** Duty at 6.5 % of what is paid for the goods. */
export function withDuties(lines: readonly SaleLine[]): SaleLine[] {
  return lines.map((line) =>
    line.fulfilledBy === 'us'
      ? {
          ...line,
          duty: part(minus(grossOf(line), plus(NOTHING, ...line.discounts.map((each) => each.amount))), 65, 1_000),
        }
      : line,
  );
}

export function shippingCharge(
  title: string,
  code: string,
  carrier: string | null,
  price: Amount,
  discounts: readonly DiscountShare[],
  destination: Destination,
  shop: Shop,
): ShippingCharge {
  const net = minus(price, plus(NOTHING, ...discounts.map((each) => each.amount)));
  const rules = destination.taxes.filter((rule) => rule.onShipping);
  return {
    number: 1,
    title,
    code,
    carrier,
    price,
    discounts,
    taxes: net.shop > 0 ? taxShares(net, rules, shop.taxIncluded) : [],
  };
}

function taxShares(net: Amount, rules: readonly TaxRule[], included: boolean): TaxShare[] {
  let all = 0;
  for (const rule of rules) all += rule.micros;
  return rules.map((rule) => ({
    title: rule.title,
    rate: decimal(rule.micros),
    micros: rule.micros,
    // Included: of 119.00 at 19 % the tax is 119.00 × 19 / 119.
    amount: part(net, rule.micros, included ? 1_000_000 + all : 1_000_000),
  }));
}

/** Millionths as decimal text without zeros at the end: 72,500 → `0.0725`. */
function decimal(micros: number): string {
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`
    .replace(/0+$/, '')
    .replace(/\.$/, '.0');
}

export function cheapest(lines: readonly SaleLine[]): SaleLine | undefined {
  return lines
    .filter((line) => line.fulfilledBy === 'us')
    .toSorted((one, other) => times(one.unit, 1).shop - other.unit.shop || one.number - other.number)[0];
}
