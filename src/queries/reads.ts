import type { OrderId, Key } from '../domain/ids.ts';
import type { ConnectionApi } from '../domain/sunset.ts';
import type { Store } from '../store/open-store.ts';
import { pageBatches, showBatch, type BatchFilter } from './books.ts';
import { parkedCases } from './cases.ts';
import { completenessLines } from './completeness.ts';
import { connectionHealth, type BudgetLimit } from './connection-health.ts';
import { countDoubtful, pageEffects, type EffectFilter } from './effects.ts';
import { pageJobs, type JobFilter } from './jobs.ts';
import { orderTotals, pageOrders, type OrderFilter } from './order-summary.ts';
import { levelStory } from './level-story.ts';
import { findOrders, orderTimeline } from './order-timeline.ts';
import type { HandsOn } from './order-waits.ts';
import type { PageAsk } from './page.ts';
import { pageRuns } from './runs.ts';
import { pageLevels, type LevelFilter } from './stock.ts';
import { searchLog, type LogSearch } from './sync-log.ts';

/** Every read model, bound to one store: what the web server is given. */
export type Reads = ReturnType<typeof openReads>;

/** What the read models are told of the configuration. */
export interface ReadSettings {
  readonly limits: readonly BudgetLimit[];
  readonly apis: readonly ConnectionApi[];
  /** The kinds of jobs that ask a remote. */
  readonly remoteKinds: readonly string[];
  readonly handsOn: HandsOn;
}

export function openReads(store: Store, { limits, apis, remoteKinds, handsOn }: ReadSettings) {
  return {
    orders: (filter: OrderFilter) => pageOrders(store, filter),
    orderTotals: () => orderTotals(store),
    findOrders: (text: string) => findOrders(store, text),
    timeline: (id: OrderId, ask: { personal?: boolean } = {}) => orderTimeline(store, id, { ...ask, handsOn }),
    levels: (filter: LevelFilter) => pageLevels(store, filter),
    level: (id: string, most: number) => levelStory(store, id, most),
    jobs: (filter: JobFilter) => pageJobs(store, filter),
    job: (key: string) => store.jobs.get(key),
    cases: (filter: { connection?: string } = {}) => parkedCases(store, filter),
    effects: (filter: EffectFilter) => pageEffects(store, filter),
    doubtful: () => countDoubtful(store),
    runs: (filter: PageAsk & { readonly connection?: string }) => pageRuns(store, filter),
    log: (search: LogSearch) => searchLog(store, search),
    connections: () => connectionHealth(store, limits, remoteKinds, apis),
    batches: (filter: BatchFilter) => pageBatches(store, filter),
    batch: (key: Key) => showBatch(store, key),
    completeness: () => completenessLines(store),
    workers: async () => (await store.workers.alive(store.clock.now())).length,
  };
}
