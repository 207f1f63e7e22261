import { setTimeout as wait } from 'node:timers/promises';
import {
  wantPostDue,
  wantPublishStock,
  wantPullOrders,
  wantPullShipments,
  wantPullStock,
  wantSweepOrders,
} from '../../src/flows/wanted.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import type { Store } from '../../src/store/open-store.ts';
import { shopsOf, warehousesOf } from './life.ts';

const PULL_MS = 3_000;
const PUBLISH_MS = 12_000;
const SWEEP_MS = 60_000;

/** Asks for pulls more often than a schedule may, as `crossdock pull` does, so that work is always under way. */
export function startPulse(store: Store, remotes: { readonly ids: readonly string[] }): { stop(): Promise<void> } {
  const stop = new AbortController();
  const shops = shopsOf(remotes);
  const warehouses = warehousesOf(remotes);

  async function every(ms: number, wanted: readonly Wanted[]): Promise<void> {
    while (!stop.signal.aborted) {
      // The store may be away: the next beat asks again.
      await store.jobs.enqueue(wanted, Date.now()).catch(() => undefined);
      await wait(ms, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }

  const going = [
    every(PULL_MS, [
      ...shops.map(wantPullOrders),
      ...warehouses.flatMap((id) => [wantPullShipments(id), wantPullStock(id)]),
    ]),
    every(
      PUBLISH_MS,
      shops.flatMap((id) => [wantPublishStock(id), wantPostDue(id)]),
    ),
    every(SWEEP_MS, shops.map(wantSweepOrders)),
  ];
  return {
    async stop() {
      stop.abort();
      await Promise.all(going);
    },
  };
}
