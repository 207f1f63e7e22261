import type { AccountMap } from '../domain/ledger/account-map.ts';
import type { BusinessDate } from '../domain/time.ts';
import type { RunContext } from '../jobs/handler.ts';
import type { BookKeeping, Flow, FlowConnection } from './flow.ts';

/** One day of one channel in one currency. */
export interface Posting {
  readonly flow: Flow;
  readonly context: RunContext;
  readonly channel: FlowConnection;
  readonly ledger: FlowConnection;
  readonly books: BookKeeping;
  readonly accounts: AccountMap;
  readonly currency: string;
  readonly date: BusinessDate;
}

/** The documents of a day are one scope: the first, and one more for each supplement. */
export function scopeText(channel: FlowConnection, currency: string, date: BusinessDate): string {
  return [channel.company, channel.id, currency, 'day', date].join('|');
}
