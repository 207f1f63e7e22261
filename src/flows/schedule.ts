import type { ConnectionId } from '../domain/ids.ts';
import type { ScheduleEntry } from '../jobs/scheduler.ts';
import type { Wanted } from '../store/job-records.ts';
import type { Flow } from './flow.ts';
import {
  wantCheckConnection,
  wantPostDue,
  wantPublishStock,
  wantPullOrders,
  wantPullShipments,
  wantPullStock,
  wantReconcileDue,
  wantSubscribeWebhooks,
  wantSweepOrders,
} from './wanted.ts';

/** When a connection is pulled from, as cron expressions in its zone; null = only when it is asked for. */
export interface Pulled {
  readonly id: ConnectionId;
  readonly schedule: Readonly<Record<'orders' | 'stock' | 'shipments', string | null>>;
}

/** What is wanted by itself and when: what the configuration says, and what every connection needs to be looked after. */
export function scheduleOf(flow: Flow, pulled: readonly Pulled[]): ScheduleEntry[] {
  const connections = [...flow.connections.values()];
  const ledgers = new Set(connections.flatMap(({ books }) => books?.ledger ?? []));
  return pulled.flatMap(({ id, schedule }) => {
    const connection = flow.connections.get(id);
    if (connection === undefined) return [];
    const { zone, effects, books, capabilities } = connection;
    const entry = (cron: string | null, wanted: Wanted, when = true): ScheduleEntry[] =>
      cron === null || !when ? [] : [{ name: wanted.key, cron, zone, wanted: () => [wanted] }];
    const publishes = capabilities.inventory !== undefined && effects.publish !== 'off';
    const posts = books !== null && (flow.connections.get(books.ledger)?.effects.post ?? 'off') !== 'off';
    return [
      ...entry(schedule.orders, wantPullOrders(id)),
      ...entry(schedule.stock, wantPullStock(id)),
      ...entry(schedule.shipments, wantPullShipments(id)),
      ...entry('*/15 * * * *', wantSweepOrders(id), schedule.orders !== null),
      ...entry('* * * * *', wantCheckConnection(id)),
      ...entry('17 * * * *', wantSubscribeWebhooks(id), flow.publicUrl !== null),
      ...entry('* * * * *', wantPublishStock(id), publishes),
      ...entry('23 * * * *', wantPublishStock(id, true), publishes),
      ...entry('* * * * *', wantPostDue(id), posts),
      ...entry('41 3 * * *', wantReconcileDue(id), ledgers.has(id)),
    ];
  });
}
