import type { ConsolePorts } from './api/ports.ts';
import type { PagePorts } from './page/page.ts';
import type { Log } from '../domain/ports.ts';
import { openReads } from '../queries/reads.ts';
import type { Store } from '../store/open-store.ts';
import { systemClock, systemRandom } from '../system/clock.ts';
import { silentLog } from '../system/log.ts';
import { openServer } from './server.ts';
import { openTokens, type AccessToken } from './tokens.ts';

/** What a test asks the API and the page with. */
export const TOKENS: readonly AccessToken[] = [
  { name: 'reader', token: 'reader-token-of-the-test', scopes: ['read'] },
  { name: 'operator', token: 'operator-token-of-the-test', scopes: ['read', 'operate'] },
  { name: 'clerk', token: 'clerk-token-of-the-test', scopes: ['read', 'personal'] },
  { name: 'robot', token: 'robot-token-of-the-test', scopes: ['operate'] },
];

/** The API and the page over a store, as they are wired, without a worker. */
export function testConsole(
  store: Store,
  but: Partial<ConsolePorts & PagePorts> & { readonly log?: Log } = {},
): ReturnType<typeof openServer>['app'] {
  let audited = 0;
  const console: ConsolePorts & PagePorts = {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    loginHint: null,
    tokens: openTokens(TOKENS),
    reads: openReads(store, {
      limits: [{ connection: 'shop', name: 'calls', key: 'shop/calls', perSecond: 2, capacity: 40 }],
      apis: [{ connection: 'shop', connector: 'test', version: '2024-01', sunset: '2025-01-01' }],
      remoteKinds: ['pull-orders'],
      handsOn: { shipsBy: new Map([['east', 'wms']]), push: () => 'off' },
    }),
    replay: (keys) => store.jobs.replay({ keys }, systemClock.now()),
    async pull(id, externalId) {
      if (id !== 'shop') return null;
      const kind = externalId === null ? 'pull-orders' : 'pull-order';
      const key = `${kind}:${id}${externalId === null ? '' : `:${externalId}`}`;
      const subject = externalId ?? id;
      await store.jobs.enqueue([{ key, kind, lane: key, connection: id, subject, prio: 0 }], systemClock.now());
      return [key];
    },
    async audit(message, fields) {
      audited += 1;
      await store.log.audit({ at: systemClock.now(), n: audited, level: 'info', message, fields }, 60_000);
    },
    ...but,
  };
  return openServer({
    clock: systemClock,
    log: silentLog,
    readiness: async () => ({ ready: true, problems: [] }),
    metrics: { counts: () => [], gauges: () => Promise.reject(new Error('no gauges')) },
    intake: {
      verifier: () => null,
      keep: async (deliveries) => deliveries.map(() => true),
      unread: async () => [],
      enqueue: async () => undefined,
      markRead: async () => undefined,
    },
    console,
  }).app;
}
