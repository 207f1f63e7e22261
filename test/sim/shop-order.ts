import type { Observed } from '../../src/connector/contract.ts';
import type { Amount, Order, Refund } from '../../src/domain/order.ts';
import type { ToldOrder } from '../flows/order-text.ts';

/** What every unit costs, in whole cents. */
export const PRICE = 1_000;

export interface ShopLine {
  readonly sku: string;
  readonly quantity: number;
  cancelled: number;
  shipped: number;
}

/** Money that went back to the buyer: for one unit of a line, or for nothing but good will. */
export interface ShopRefund {
  readonly at: number;
  /** From 1 as the line's id; null = for no line. */
  readonly line: number | null;
  /** The unit was taken out of the order by it, or had shipped. */
  readonly restock: 'cancel' | 'no-restock';
  readonly amount: number;
}

export interface ShopOrder {
  readonly id: string;
  readonly placedAt: number;
  version: number;
  /** From then on the list shows it at this version; by its id it is there at once. */
  listedAt: number;
  cancelled: boolean;
  readonly lines: ShopLine[];
  /** In whole cents, one for the first lines and one for each that was added. */
  readonly payments: { readonly amount: number; readonly at: number }[];
  readonly refunds: ShopRefund[];
}

/** What the buyer has paid and not got back. */
export function keptOf({ payments, refunds }: Pick<ShopOrder, 'payments' | 'refunds'>): number {
  return sumOf(payments) - sumOf(refunds);
}

export function sumOf(amounts: readonly { readonly amount: number }[]): number {
  return amounts.reduce((sum, { amount }) => sum + amount, 0);
}

/** An order as the shop tells it. */
export function observedOrder(order: ShopOrder): Observed {
  const told: ToldOrder & Pick<ShopOrder, 'payments' | 'refunds'> = {
    id: order.id,
    version: order.version,
    placedAt: order.placedAt,
    cancelled: order.cancelled,
    lines: order.lines.map((line) => ({ ...line, price: PRICE })),
    payments: order.payments.map((payment) => ({ ...payment })),
    refunds: order.refunds.map((refund) => ({ ...refund })),
  };
  return { id: order.id, version: order.version, body: JSON.stringify(told) };
}

const NOTHING: Amount = { shop: 0, buyer: 0 };

/** What the flow tests' small channel leaves out: what has shipped, several payments, refunds, an address. */
export function canonicalOrder(record: Observed, order: Order): Order {
  const told: Pick<ShopOrder, 'lines' | 'payments' | 'refunds'> = JSON.parse(record.body);
  const [sale] = order.payments;
  const both = (minor: number): Amount => ({ shop: minor, buyer: minor });
  return {
    ...order,
    lines: order.lines.map((line, index) => ({ ...line, shipped: told.lines[index]?.shipped ?? 0 })),
    payments: told.payments.flatMap(({ amount, at }, index) =>
      sale === undefined ? [] : [{ ...sale, externalId: `p-${order.externalId}-${index}`, amount: both(amount), at }],
    ),
    refunds: told.refunds.flatMap(({ at, line, restock, amount }, index): Refund[] =>
      sale === undefined
        ? []
        : [
            {
              externalId: `r-${order.externalId}-${index}`,
              at,
              lines:
                line === null
                  ? []
                  : [
                      {
                        line: String(line),
                        quantity: 1,
                        restock,
                        location: null,
                        subtotal: both(amount),
                        tax: NOTHING,
                      },
                    ],
              shipping: [],
              duties: [],
              adjustments: line === null ? [{ reason: 'good will', amount: both(amount), tax: NOTHING }] : [],
              payments: [
                {
                  ...sale,
                  kind: 'refund',
                  externalId: `b-${order.externalId}-${index}`,
                  amount: both(amount),
                  at,
                },
              ],
              total: both(amount),
              return: null,
            },
          ],
    ),
    totals: { ...order.totals, refunded: both(sumOf(told.refunds)) },
    personal: {
      ...order.personal,
      shippingAddress: {
        name: 'A Buyer',
        company: null,
        lines: ['1 Some Street'],
        city: 'Sometown',
        region: null,
        postcode: '10000',
        country: 'US',
        phone: null,
      },
    },
  };
}
