import { hostname } from 'node:os';
import type { App } from '../app.ts';
import { handsOn } from '../flows/flow.ts';
import { wantPullNow } from '../flows/pull-now.ts';
import {
  REMOTE_KINDS,
  wantPullOrder,
  wantPullOrders,
  wantPullShipment,
  wantPullShipments,
  wantPullStock,
  wantPullStockItem,
} from '../flows/wanted.ts';
import type { Worker } from '../jobs/worker.ts';
import { readGauges } from '../queries/gauges.ts';
import { openReads } from '../queries/reads.ts';
import { readiness } from '../queries/readiness.ts';
import { PRIORITY, type Wanted } from '../store/job-records.ts';
import { openTokens } from '../web/tokens.ts';
import type { WebPorts } from '../web/server.ts';
import type { UnreadDelivery } from '../web/webhook-intake.ts';
import { openAudit } from './audit.ts';

/** Seen deliveries are kept this long, so that a late repetition is known. */
const KEEP_MS = 7 * 86_400_000;

/** What the web server is given: it enqueues and asks, and knows neither flows nor connectors. */
export function webPorts(app: App, worker: Worker): WebPorts {
  const { store, clock, connections } = app.flow;
  return {
    clock,
    log: app.log,
    readiness: () => readiness(store, { host: hostname(), pid: process.pid }),
    metrics: { counts: () => app.tally.entries(), gauges: () => readGauges(store, app.apis) },
    console: consolePorts(app, worker),
    intake: {
      verifier: (id) => {
        const webhooks = connections.get(id)?.capabilities.webhooks;
        return webhooks === undefined ? null : (headers, bytes) => webhooks.verify(headers, bytes);
      },
      keep: (deliveries) => store.inbox.store(deliveries, clock.now(), KEEP_MS),
      unread: async (limit) =>
        (await store.inbox.unseen(limit)).map(({ _id, connection, kind, externalId }) => ({
          id: _id,
          connection,
          kind,
          externalId,
        })),
      enqueue: (hints) => worker.enqueue(hints.flatMap((hint) => wantedBy(app, hint))),
      markRead: (ids) => store.inbox.seen(ids),
    },
  };
}

function consolePorts(app: App, worker: Worker): NonNullable<WebPorts['console']> {
  const { store, clock, random } = app.flow;
  const { tokens } = app.config.web;
  const log = app.log;
  return {
    clock,
    random,
    log,
    tokens: openTokens(tokens),
    loginHint: tokens.length > 0 && tokens.every(({ sandbox }) => sandbox) ? (tokens[0]?.token ?? null) : null,
    reads: openReads(store, {
      limits: app.budgets,
      apis: app.apis,
      remoteKinds: REMOTE_KINDS,
      handsOn: handsOn(app.flow),
    }),
    async replay(keys) {
      const replayed = await store.jobs.replay({ keys }, clock.now());
      worker.wake();
      return replayed;
    },
    async pull(id, externalId) {
      const connection = app.flow.connections.get(id);
      if (connection === undefined) return null;
      const wanted = wantPullNow(connection, externalId);
      await worker.enqueue(wanted);
      return wanted.map(({ key }) => key);
    },
    audit: openAudit(store, clock),
  };
}

/** What a hint asks for: the record that it names, or a look at the list where it names none. */
function wantedBy(app: App, { connection, kind, externalId }: UnreadDelivery): Wanted[] {
  const capabilities = app.flow.connections.get(connection)?.capabilities;
  if (kind === 'order' && capabilities?.orders !== undefined) {
    return [
      externalId === null
        ? { ...wantPullOrders(connection), prio: PRIORITY.hint }
        : wantPullOrder(connection, externalId, PRIORITY.hint),
    ];
  }
  if (kind === 'shipment' && capabilities?.shipments !== undefined) {
    return [
      externalId === null
        ? { ...wantPullShipments(connection), prio: PRIORITY.hint }
        : wantPullShipment(connection, externalId),
    ];
  }
  if (kind !== 'stock' || capabilities?.stock === undefined) return [];
  return [
    externalId === null
      ? { ...wantPullStock(connection), prio: PRIORITY.hint }
      : wantPullStockItem(connection, externalId),
  ];
}
