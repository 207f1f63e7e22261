import { NOTHING } from '../../src/connector/sandbox/business/amounts.ts';
import { PLACES } from '../../src/connector/sandbox/business/places.ts';
import type { Sale, SaleLine, TaxShare, Tender } from '../../src/connector/sandbox/business/sale.ts';
import type { Amount } from '../../src/domain/order.ts';
import { childTail, gid, locationTail } from './sandbox-ids.ts';
import type { MoneyBag } from './sandbox-money.ts';

/** A plain object with every field that the stand-in's schema gives its type; pages stand as whole arrays. */
export type Plain = Readonly<Record<string, unknown>>;

/** What the parts of an order are written with, so that one thing is one object wherever it is referred to. */
export interface Writing {
  readonly sale: Sale;
  readonly money: (amount: Amount) => MoneyBag;
  readonly taxes: (shares: readonly TaxShare[], count?: number, of?: number) => Plain[];
  readonly id: (type: string, number: number) => string;
  /** Line items by their number in the sale. */
  readonly lines: ReadonlyMap<number, Plain>;
  readonly charges: ReadonlyMap<number, Plain>;
  readonly tenders: ReadonlyMap<number, Plain>;
  readonly transaction: (tender: Tender, parents: ReadonlyMap<number, Plain>) => Plain;
}

export function dutyNode(line: SaleLine, sale: Sale, money: Writing['money']): Plain {
  return {
    __typename: 'Duty',
    id: gid('Duty', childTail(sale, line.number)),
    harmonizedSystemCode: line.customsCode,
    countryCodeOfOrigin: 'DE',
    price: money(line.duty ?? NOTHING),
    taxLines: [],
  };
}

/** The shop's and everybody's locations, by the tail of their id. */
export function locationNode(tail: number): Plain {
  const place = PLACES.find((each) => locationTail(each.id) === tail);
  const service = tail === locationTail(null, 'channel');
  return {
    __typename: 'Location',
    id: gid('Location', tail),
    name: place?.name ?? (service ? 'Shopify Fulfillment Network' : 'Pop-up Pier 9'),
    isActive: true,
    isFulfillmentService: service,
    fulfillsOnlineOrders: true,
    shipsInventory: true,
    createdAt: '2024-03-01T08:00:00Z',
    updatedAt: '2026-01-15T08:00:00Z',
    address: {
      address1: place?.address ?? null,
      address2: null,
      city: place?.city ?? null,
      country: place?.countryName ?? null,
      countryCode: place?.country ?? 'US',
      province: place?.regionName ?? null,
      provinceCode: place?.region ?? null,
      zip: place?.postcode ?? null,
      phone: null,
    },
    fulfillmentService: service
      ? {
          id: 'gid://shopify/FulfillmentService/61000001?id=true',
          handle: 'shopify-fulfillment-network',
          serviceName: 'Shopify Fulfillment Network',
          type: 'THIRD_PARTY',
          inventoryManagement: true,
          trackingSupport: true,
          requiresShippingMethod: true,
        }
      : {
          id: 'gid://shopify/FulfillmentService/manual',
          handle: 'manual',
          serviceName: 'Manual',
          type: 'MANUAL',
          inventoryManagement: false,
          trackingSupport: false,
          requiresShippingMethod: true,
        },
  };
}
