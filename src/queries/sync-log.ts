import type { ConnectionId, OrderId } from '../domain/ids.ts';
import type { LogLevel } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import type { LogDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { findOrders } from './order-timeline.ts';
import { pageOf, type Page } from './page.ts';

/** One line of the log, as a person sees it. */
export interface LogRow {
  /** Sorts by the time at which it was said. */
  readonly id: string;
  readonly at: Instant;
  readonly level: LogLevel;
  readonly message: string;
  readonly connection: ConnectionId | null;
  readonly order: OrderId | null;
  readonly job: string | null;
  readonly run: string | null;
  /** Whether it says who did or looked at what. */
  readonly audit: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LogSearch {
  /** This level and what is worse. */
  readonly level?: LogLevel;
  readonly connection?: ConnectionId;
  /** By our id, by the number that the buyer sees, or by the channel's id. */
  readonly order?: string;
  readonly job?: string;
  readonly run?: string;
  readonly audit?: true;
  /** A part of the message, capitals or not. */
  readonly text?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** What is kept, from the least to the worst. */
export const KEPT_LEVELS = ['info', 'warn', 'error'] as const satisfies readonly LogLevel[];

/** Lines of the log, newest first. An order of that number that is not there, or is there several times, finds all it can. */
export async function searchLog(store: Store, search: LogSearch): Promise<Page<LogRow>> {
  const { level, order, limit, after, ...exact } = search;
  const orders = order === undefined ? [undefined] : await idsOf(store, order);
  const levels = level === undefined ? undefined : KEPT_LEVELS.slice(KEPT_LEVELS.findIndex((name) => name === level));
  const found: LogDocument[] = [];
  for (const id of orders) {
    found.push(
      ...(await store.log.find({
        ...exact,
        ...(levels === undefined || levels.length === KEPT_LEVELS.length ? {} : { levels }),
        ...(id === undefined ? {} : { order: id }),
        ...(after === undefined ? {} : { before: after }),
        limit: limit + 1,
      })),
    );
  }
  const rows = found.sort((a, b) => (a._id < b._id ? 1 : -1)).map(rowOf);
  return pageOf(rows, limit, ({ id }) => id);
}

async function idsOf(store: Store, text: string): Promise<OrderId[]> {
  const ids = (await findOrders(store, text)).map(({ id }) => id);
  return ids.length === 0 ? [text] : ids;
}

function rowOf({ _id, at, level, message, connection, order, job, run, audit, fields }: LogDocument): LogRow {
  return {
    id: _id,
    at: at.getTime(),
    level,
    message,
    connection: connection ?? null,
    order: order ?? null,
    job: job ?? null,
    run: run ?? null,
    audit: audit === true,
    fields,
  };
}
