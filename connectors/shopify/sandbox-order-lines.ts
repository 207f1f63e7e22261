import {
  currentQuantity,
  discountOf,
  grossOf,
  netOf,
  type DiscountShare,
  type Promotion,
  type Sale,
  type SaleLine,
} from '../../src/connector/sandbox/business/sale.ts';
import { gid } from './sandbox-ids.ts';
import type { MoneyBag } from './sandbox-money.ts';
import { dutyNode, type Plain, type Writing } from './sandbox-writing.ts';

/** What a line is written with. */
export interface LineWriting {
  readonly money: Writing['money'];
  readonly taxes: Writing['taxes'];
  readonly allocations: (shares: readonly DiscountShare[]) => Plain[];
  readonly id: Writing['id'];
}

/** One line item. */
export function lineNode(line: SaleLine, sale: Sale, { money, taxes, allocations, id }: LineWriting): Plain {
  const product =
    line.product === null
      ? null
      : { __typename: 'Product', id: gid('Product', 7_000_000 + line.product), title: line.title };
  const delivered = line.kind === 'digital' || line.kind === 'gift-card' ? line.quantity - line.removed : line.shipped;
  return {
    __typename: 'LineItem',
    id: id('LineItem', line.number),
    title: line.title,
    variantTitle: line.variant,
    name: line.variant === null ? line.title : `${line.title} - ${line.variant}`,
    sku: line.sku,
    vendor: line.vendor,
    quantity: line.quantity,
    currentQuantity: currentQuantity(line),
    unfulfilledQuantity: Math.max(0, line.quantity - line.removed - delivered),
    nonFulfillableQuantity: line.removed,
    refundableQuantity: currentQuantity(line),
    requiresShipping: line.fulfilledBy === 'us' || line.fulfilledBy === 'channel',
    isGiftCard: line.kind === 'gift-card',
    taxable: line.taxes.length > 0,
    restockable: line.fulfilledBy === 'us',
    product,
    variant: product && {
      __typename: 'ProductVariant',
      id: gid('ProductVariant', 8_000_000 + (line.product ?? 0)),
      title: line.variant ?? 'Default Title',
      sku: line.sku,
      product,
    },
    customAttributes: Object.entries(line.attributes).map(([key, value]) => ({ key, value })),
    originalUnitPriceSet: money(line.unit),
    originalTotalSet: money(grossOf(line)),
    discountedTotalSet: money(netOf(line)),
    totalDiscountSet: money(discountOf(line)),
    discountAllocations: allocations(line.discounts),
    taxLines: taxes(line.taxes),
    duties: line.duty ? [dutyNode(line, sale, money)] : [],
  };
}

/** A discount as the order names it. */
export function application(promotion: Promotion, index: number, money: Writing['money']): Plain {
  const typename = {
    code: 'DiscountCodeApplication',
    automatic: 'AutomaticDiscountApplication',
    manual: 'ManualDiscountApplication',
  }[promotion.kind];
  return {
    __typename: typename,
    index,
    code: promotion.title,
    title: promotion.title,
    description: promotion.kind === 'manual' ? promotion.title : null,
    allocationMethod: promotion.spread === 'each' ? 'EACH' : 'ACROSS',
    targetSelection: promotion.spread === 'each' && promotion.target === 'lines' ? 'ENTITLED' : 'ALL',
    targetType: promotion.target === 'lines' ? 'LINE_ITEM' : 'SHIPPING_LINE',
    value:
      'percent' in promotion.value
        ? { __typename: 'PricingPercentageValue', percentage: promotion.value.percent }
        : { __typename: 'MoneyV2', ...money(promotion.value.amount).shopMoney },
  };
}

/** One tax of one jurisdiction. */
export function taxLine(title: string, rate: string, micros: number, price: MoneyBag): Plain {
  // JSON numbers, as Shopify sends them: shown, never counted with.
  return {
    title,
    rate: Number(rate),
    ratePercentage: micros / 10_000,
    source: 'Shopify',
    channelLiable: false,
    priceSet: price,
  };
}
