import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { Observed, OrderSource, Page } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { orderId } from '../../src/domain/ids.ts';
import type { Order, OrderLine, Payment } from '../../src/domain/order.ts';
import { businessDate } from '../../src/domain/time.ts';

/** An order as a very small channel tells it: all that these tests vary. Amounts are whole cents of USD. */
export interface ToldOrder {
  readonly id: string;
  readonly version: number;
  readonly placedAt?: number;
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly cancelled?: number;
    readonly price?: number;
  }[];
  readonly cancelled?: boolean;
  /** Its payment is pending. */
  readonly unpaid?: boolean;
  readonly gateway?: string;
  /** What the channel says the total is, when it says something else than the lines do. */
  readonly total?: number;
  readonly broken?: boolean;
  readonly name?: string;
}

export const TEST_SCOPE = { connection: 'shop', company: 'acme', zone: 'UTC' } as const;

/** A channel in memory: it lists what it holds by version, and can be changed while it is read. */
export class Channel implements OrderSource {
  readonly orders = new Map<string, ToldOrder>();
  /** What happens before each answer, to interleave or to fail. */
  before: (call: string) => Promise<void> | void = () => undefined;
  pageSize = 10;

  tell(...orders: readonly ToldOrder[]): void {
    for (const order of orders) this.orders.set(order.id, order);
  }

  async *pull(since: string | null): AsyncIterable<Page> {
    const from = since === null ? 0 : Number(since);
    const listed = [...this.orders.values()]
      .filter((order) => order.version >= from)
      .sort((a, b) => a.version - b.version);
    for (let at = 0; at < listed.length; at += this.pageSize) {
      await this.before('page');
      const page = listed.slice(at, at + this.pageSize);
      yield { records: page.map(observed), next: String(page.at(-1)?.version ?? from) };
    }
  }

  async get(id: string): Promise<Observed | null> {
    await this.before('get');
    const order = this.orders.get(id);
    return order === undefined ? null : observed(order);
  }

  async *ids({ from, to }: { from: number; to: number }): AsyncIterable<{ id: string; version: number }> {
    for (const { id, version } of this.orders.values()) if (version >= from && version < to) yield { id, version };
  }

  normalize(record: Observed, map: Mapping): Order {
    const told: ToldOrder = JSON.parse(record.body);
    if (told.broken === true) {
      throw new SyncError('data', `Order ${told.id} cannot be read.`, {
        code: 'broken',
        field: 'lines',
        remedy: 'Mend it at the channel.',
      });
    }
    return canonical(told, record, map);
  }
}

export function observed(order: ToldOrder): Observed {
  return { id: order.id, version: order.version, body: JSON.stringify(order) };
}

function canonical(told: ToldOrder, record: Observed, map: Mapping): Order {
  const lines = told.lines.map(({ sku, quantity, cancelled = 0, price = 1_000 }, index): OrderLine => {
    const listing = map.listing(sku);
    return {
      id: String(index + 1),
      externalId: String(index + 1),
      listing: sku,
      sku: listing.sku,
      title: sku,
      kind: 'goods',
      fulfilledBy: 'us',
      ordered: quantity,
      cancelled,
      shipped: 0,
      returned: 0,
      gross: both(price * quantity),
      discounts: [],
      taxes: [],
      duties: [],
      components: listing.components,
      attributes: {},
    };
  });
  const sum = lines.reduce((total, line) => total + line.gross.shop, 0);
  const placedAt = told.placedAt ?? 1_750_000_000_000 + Number(told.id.replace(/\D/g, '') || 0) * 1_000;
  const payment: Payment = {
    externalId: `p-${told.id}`,
    kind: 'sale',
    status: 'success',
    gateway: told.gateway ?? 'card',
    method: map.code('payments', told.gateway ?? 'card'),
    amount: both(sum),
    at: placedAt,
    parent: null,
    giftCard: false,
  };
  return {
    id: orderId(TEST_SCOPE.connection, told.id),
    connection: TEST_SCOPE.connection,
    company: TEST_SCOPE.company,
    externalId: told.id,
    number: `#${told.id}`,
    placedAt,
    updatedAt: record.version,
    cancelledAt: told.cancelled === true ? record.version : null,
    closedAt: null,
    businessDate: businessDate(placedAt, TEST_SCOPE.zone),
    test: false,
    currency: { shop: 'USD', buyer: 'USD' },
    taxIncluded: false,
    lines,
    shipping: [],
    fees: [],
    discounts: [],
    payments: [payment],
    refunds: [],
    returns: [],
    assignments: [],
    holds: told.unpaid === true ? [{ kind: 'unpaid', reason: 'The payment is pending', until: null }] : [],
    risk: { level: 'none', recommendation: null },
    totals: {
      lines: both(sum),
      discounts: both(0),
      shipping: both(0),
      tax: both(0),
      duties: both(0),
      tips: both(0),
      fees: both(0),
      total: both(told.total ?? sum),
      rounding: both(0),
      refunded: both(0),
    },
    destination: { country: 'US', region: null },
    tags: [],
    attributes: {},
    personal: {
      name: told.name ?? `Buyer ${told.id}`,
      email: `buyer-${told.id}@example.com`,
      phone: null,
      customer: null,
      shippingAddress: null,
      billingAddress: null,
      note: null,
      attributes: {},
      ip: null,
      pickup: null,
    },
  };
}

function both(minor: number): { shop: number; buyer: number } {
  return { shop: minor, buyer: minor };
}

/** A mapping that knows `card`, and the kits given; every other SKU is itself. */
export function testMapping(
  version: string,
  options: {
    payments?: Record<string, string>;
    kits?: Record<string, readonly { sku: string; quantity: number }[]>;
  } = {},
): Mapping {
  const payments: Record<string, string> = { card: 'card', ...options.payments };
  const code: Mapping['code'] = (table, remote) => (table === 'payments' ? (payments[remote] ?? null) : null);
  return {
    version,
    code,
    remote: () => null,
    listingsOf: (sku) => [sku],
    listing: (sku) => ({ sku, components: options.kits?.[sku] ?? [{ sku, quantity: 1 }] }),
    require(table, remote, field) {
      const found = code(table, remote);
      if (found !== null) return found;
      throw new SyncError('data', `${table}/${remote} is not mapped`, {
        field,
        needs: [`${table}/${remote}`],
        remedy: 'Map it.',
      });
    },
  };
}
