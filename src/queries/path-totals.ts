import type { CompanyId, ConnectionId } from '../domain/ids.ts';
import { exact, formatAmount } from '../domain/money.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { Store } from '../store/open-store.ts';

/** How far the second leg has come for one company in one currency of its channels' books. */
export interface PathTotal {
  readonly company: CompanyId;
  readonly currency: string;
  /** Fulfillment orders that a provider has, or has shipped. */
  readonly pushed: number;
  /** Parcels that left. */
  readonly shipped: number;
  /** Parcels that the channel knows of. */
  readonly confirmed: number;
  /** Documents that the ERP has, and what they add up to on one side. */
  readonly posted: number;
  readonly amount: string;
  /** Of these, how many were read back and found as posted. */
  readonly agreed: number;
  readonly differing: number;
}

/** How much of a channel's stock was published. */
export interface PublishedTotal {
  readonly connection: ConnectionId;
  readonly levels: number;
  readonly refused: number;
}

export interface PathTotals {
  readonly path: readonly PathTotal[];
  readonly published: readonly PublishedTotal[];
}

interface Row {
  readonly company: CompanyId;
  readonly order: { readonly currency: { readonly shop: string } };
  readonly fulfillments: readonly FulfillmentPart[];
}

type Sums = { -readonly [Field in Exclude<keyof PathTotal, 'company' | 'currency' | 'amount'>]: number } & {
  minor: number;
};

/** What was pushed, shipped, confirmed and posted, per company and currency, and what was published per channel. */
export async function pathTotals(store: Store): Promise<PathTotals> {
  const { orders, batches, published } = store.collections;
  const sums = new Map<string, Sums & Pick<PathTotal, 'company' | 'currency'>>();
  const of = (company: CompanyId, currency: string): Sums => {
    const key = `${company} ${currency}`;
    const known = sums.get(key);
    if (known !== undefined) return known;
    const fresh = {
      company,
      currency,
      pushed: 0,
      shipped: 0,
      confirmed: 0,
      posted: 0,
      agreed: 0,
      differing: 0,
      minor: 0,
    };
    sums.set(key, fresh);
    return fresh;
  };
  const rows = orders
    .find({ fulfillments: { $exists: true } })
    .project<Row>({ company: 1, 'order.currency.shop': 1, fulfillments: 1 });
  for await (const { company, order, fulfillments } of rows) {
    const sum = of(company, order.currency.shop);
    for (const { state, externalId, shipments } of fulfillments) {
      if (externalId !== null && state !== 'rejected') sum.pushed += 1;
      const parcels = shipments.flatMap((shipment) => shipment.parcels);
      sum.shipped += parcels.length;
      sum.confirmed += parcels.filter(({ confirmed }) => confirmed !== null).length;
    }
  }
  for await (const { company, currency, state, batch } of batches.find({})) {
    const sum = of(company, currency);
    if (state !== 'posted' && state !== 'agreed' && state !== 'differs') continue;
    sum.posted += 1;
    if (state === 'agreed') sum.agreed += 1;
    if (state === 'differs') sum.differing += 1;
    for (const { debit } of batch.document.lines) sum.minor = exact(sum.minor + debit);
  }
  const told = new Map<ConnectionId, { levels: number; refused: number }>();
  for await (const { connection, sent, refused, gone } of published.find({})) {
    if (gone === true) continue;
    const count = told.get(connection) ?? { levels: 0, refused: 0 };
    told.set(connection, count);
    if (refused !== null) count.refused += 1;
    else if (sent !== null) count.levels += 1;
  }
  return {
    path: [...sums].sort(byKey).map(([, { minor, ...counts }]) => ({
      ...counts,
      amount: formatAmount(minor, counts.currency),
    })),
    published: [...told].sort(byKey).map(([connection, counts]) => ({ connection, ...counts })),
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
