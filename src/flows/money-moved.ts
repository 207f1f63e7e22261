import { entryOf } from '../domain/ledger/entries.ts';
import type { AccountKind } from '../domain/ledger/fact.ts';
import { factsOf } from '../domain/ledger/facts.ts';
import { exact, formatAmount } from '../domain/money.ts';
import type { Order } from '../domain/order.ts';
import type { OrderDocument } from '../store/documents.ts';
import type { FlowConnection } from './flow.ts';
import { transfersOf } from './parts.ts';

/** What stands on one kind of account under two readings of the same orders: debit − credit, as decimal text. */
export interface AccountMove {
  readonly account: AccountKind;
  /** Our payment method, for clearing. */
  readonly gateway: string | null;
  readonly currency: string;
  readonly before: string;
  readonly after: string;
  readonly by: string;
}

interface Sum {
  readonly account: AccountKind;
  readonly gateway: string | null;
  readonly currency: string;
  before: number;
  after: number;
}

/** What of a channel decides what of its orders is booked. */
type Booked = Pick<FlowConnection, 'zone' | 'books' | 'cutOver'>;

/** Adds up the entries that two readings of orders make, from nothing: what would be booked if neither had been before. */
export class MoneyMoved {
  readonly #connection: Booked;
  readonly #sums = new Map<string, Sum>();

  constructor(connection: Booked) {
    this.#connection = connection;
  }

  /** @param before null where it could not be booked; so with `after` */
  add(document: OrderDocument | null, before: Order | null, after: Order | null): void {
    if (document?.stage === 'history') return;
    this.#add(document, before, 'before');
    this.#add(document, after, 'after');
  }

  /** What is not the same, by currency and account. */
  moves(): AccountMove[] {
    return [...this.#sums.values()]
      .filter(({ before, after }) => before !== after)
      .sort((a, b) => compare(a.currency, b.currency) || compare(a.account, b.account) || compare(a.gateway, b.gateway))
      .map(({ account, gateway, currency, before, after }) => ({
        account,
        gateway,
        currency,
        before: formatAmount(before, currency),
        after: formatAmount(after, currency),
        by: formatAmount(exact(after - before), currency),
      }));
  }

  #add(document: OrderDocument | null, order: Order | null, side: 'before' | 'after'): void {
    const { books, zone, cutOver } = this.#connection;
    if (order === null || books === null) return;
    // One that could not be read has no stage yet, and would be history.
    if (document === null && order.placedAt < cutOver) return;
    for (const fact of factsOf(order, document === null ? [] : transfersOf(document), [], { zone, side: books.side })) {
      const entry = entryOf(fact);
      for (const { kind, gateway, debit, credit } of entry?.postings ?? []) {
        const key = JSON.stringify([fact.currency, kind, gateway]);
        const sum = this.#sums.get(key) ?? { account: kind, gateway, currency: fact.currency, before: 0, after: 0 };
        sum[side] = exact(sum[side] + debit - credit);
        this.#sums.set(key, sum);
      }
    }
  }
}

function compare(one: string | null, other: string | null): number {
  return (one ?? '') < (other ?? '') ? -1 : (one ?? '') > (other ?? '') ? 1 : 0;
}
