import type { Random } from '../../src/domain/ports.ts';
import { accountMap } from '../../src/domain/ledger/account-map.ts';
import type { AccountKind } from '../../src/domain/ledger/fact.ts';
import { NO_EFFECTS, type Flow, type FlowConnection } from '../../src/flows/flow.ts';
import { flowHandlers } from '../../src/flows/handlers.ts';
import { KIND } from '../../src/flows/wanted.ts';
import type { Handler } from '../../src/jobs/handler.ts';
import { startWorker, type Worker } from '../../src/jobs/worker.ts';
import type { Uniqueness } from '../../src/connector/contract.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { silentLog } from '../../src/system/log.ts';
import { testMapping } from '../flows/order-text.ts';
import { Chance } from './chance.ts';
import type { Depot } from './depot.ts';
import { linkStore } from './driver.ts';
import { budgeted, type Limit } from './budgets.ts';
import type { FaultLine, RemoteName } from './faults.ts';
import type { JobWatch } from './job-watch.ts';
import type { Ledger } from './ledger.ts';
import { openCaller, type Caller, type CallerSettings } from './remote.ts';
import type { Shop } from './shop.ts';
import { MASTER_KEY, openLink, type SimStore } from './store.ts';
import type { Actor, World } from './world.ts';

export const LOCATIONS = ['east', 'west'] as const;
export const KITS = {
  kit: [
    { sku: 'a', quantity: 1 },
    { sku: 'b', quantity: 2 },
  ],
} as const;
const SKUS = ['a', 'b', 'c'] as const;

/** Everything that outlives a worker. */
export interface Surroundings {
  readonly seed: string;
  readonly world: World;
  readonly store: SimStore;
  readonly watch: JobWatch;
  readonly faults: FaultLine;
  readonly shop: Shop;
  readonly depot: Depot;
  readonly ledger: Ledger;
  /** How long a command to the store, or its reply, is under way at most, in milliseconds. */
  readonly wireMs: number;
  readonly policy: Flow['sourcing']['policy'];
  /** Our share of the rate of those remotes that have a limit. */
  readonly limits: ReadonlyMap<RemoteName, Limit>;
  /** What a planted bug puts in the place of the real thing; absent = nothing. */
  readonly plant?: Plant;
}

/** A mistake that is put in on purpose, around the real parts. */
export interface Plant {
  store?(store: Store, surroundings: Surroundings): Store;
  connections?(connections: Map<string, FlowConnection>, surroundings: Surroundings): void;
  handlers?(handlers: Handler[], flow: Flow): Handler[];
}

/** Kinds of work that this small business has none of. */
const IDLE_KINDS: ReadonlySet<string> = new Set([
  KIND.backfillOrders,
  KIND.pullStockItem,
  KIND.subscribeWebhooks,
  KIND.checkConnection,
  KIND.assignFulfillment,
  KIND.pullShipment,
]);

const ACCOUNTS: readonly AccountKind[] = [
  'clearing',
  'deposit',
  'receivable',
  'sales',
  'sales-returns',
  'refund-adjustments',
];
/** The account on which the shop's money stands in the ERP. */
export const CLEARING = '1000';

export const mapping: Mapping = {
  ...testMapping('m1', { kits: KITS }),
  remote: (table, ours) => (table === 'locations' ? ours : null),
  listingsOf: (sku) => [
    sku,
    ...Object.entries(KITS).flatMap(([kit, parts]) => (parts.some((part) => part.sku === sku) ? [kit] : [])),
  ],
};

export const LISTINGS: readonly string[] = [...SKUS, ...Object.keys(KITS)];

export interface SimWorker {
  readonly worker: Worker;
  readonly flow: Flow;
}

/** Starts a worker of a slot, with everything of the product that a real one has, on this world's time. */
export async function startSimWorker(
  surroundings: Surroundings,
  actor: Actor,
  slot: number,
  onCrash: (restartMs: number) => void,
): Promise<SimWorker> {
  const { seed, world, faults } = surroundings;
  const chance = new Chance(`${seed}/${actor.name}`);
  const random: Random = { next: () => chance.next(), bytes: (length) => chance.bytes(length) };
  // The database is asked for its time; what this machine thinks is off by up to half a minute.
  const ownClock = world.clockOf(actor, chance.between(-1, 1) * chance.pick([0, 900, 2_000, 30_000]));
  const settings: CallerSettings = {
    world,
    actor,
    slot,
    faults,
    chance: new Chance(`${seed}/${actor.name}/calls`),
    onCrash,
  };
  const uri = `sim://${actor.name}`;
  linkStore(
    uri,
    openLink({
      world,
      store: surroundings.store,
      actor,
      slot,
      faults,
      chance: new Chance(`${seed}/${actor.name}/store`),
      wireMs: surroundings.wireMs,
      onCrash,
    }),
  );
  const opened = patient(
    await openStore({ uri, masterKey: MASTER_KEY, clock: ownClock, random, log: silentLog }),
    surroundings,
    actor,
  );
  const store = surroundings.plant?.store?.(opened, surroundings) ?? opened;
  const { clock } = store;
  const connections = openConnections(surroundings, (remote, remembersMs) =>
    budgeted(openCaller(remote, remembersMs, settings), remote, surroundings.limits.get(remote), {
      store,
      clock,
      world,
    }),
  );
  surroundings.plant?.connections?.(connections, surroundings);
  const flow: Flow = {
    store,
    clock,
    random,
    log: silentLog,
    meter: { count: () => undefined },
    connections,
    sourcing: {
      locations: LOCATIONS.map((id, index) => ({ id, enabled: true, priority: index, countries: null })),
      policy: surroundings.policy,
      maxLocations: 2,
    },
    assigned: 'ours to choose',
    stockFrom: new Map(LOCATIONS.map((id) => [id, 'depot'])),
    shipsBy: new Map(LOCATIONS.map((id) => [id, 'depot'])),
    publicUrl: null,
    personalMs: 30 * 86_400_000,
  };
  for (const { id, company } of connections.values())
    await store.connections.register({ id, connector: 'sim', company, mapping: mapping.version });
  const handlers = flowHandlers(flow).filter(({ kind }) => !IDLE_KINDS.has(kind));
  const worker = await startWorker({
    store,
    handlers: surroundings.plant?.handlers?.(handlers, flow) ?? handlers,
    clock: ownClock,
    random,
    log: silentLog,
    host: actor.name,
    pid: 1,
    idleMostMs: 4_000,
  });
  return { worker, flow };
}

function openConnections(
  { shop, depot, ledger }: Surroundings,
  callerOf: (remote: RemoteName, remembersMs: number) => Caller,
): Map<string, FlowConnection> {
  const memory = ({ uniqueness }: { readonly uniqueness: Uniqueness }): number =>
    uniqueness.by === 'native' ? uniqueness.forMs : 0;
  const base = {
    company: 'acme',
    zone: 'UTC',
    cutOver: 0,
    mapping,
    books: null,
    accounts: null,
    buffer: 0,
    effects: NO_EFFECTS,
  } as const;
  const check = async (): Promise<void> => undefined;
  const list: FlowConnection[] = [
    {
      ...base,
      id: 'shop',
      effects: { ...NO_EFFECTS, confirm: 'on', publish: 'on' },
      books: { ledger: 'ledger', side: 'shop', maxLines: 60 },
      capabilities: { ...shop.open(callerOf('shop', memory(shop.keys))), check },
    },
    {
      ...base,
      id: 'depot',
      effects: { ...NO_EFFECTS, push: 'on' },
      capabilities: { ...depot.open(callerOf('depot', memory(depot.keys))), check },
    },
    {
      ...base,
      id: 'ledger',
      effects: { ...NO_EFFECTS, post: 'on' },
      accounts: accountMap(ACCOUNTS.map((kind, index) => ({ when: { kind }, account: String(1_000 + index) }))),
      capabilities: { ledger: ledger.open(callerOf('ledger', memory(ledger))), check },
    },
  ];
  return new Map(list.map((connection) => [connection.id, connection]));
}

/**
 * A store that is not asked for work of a kind while none is ready and due: the answer is known. Whoever asks all the same
 * hears that there is none when there is some, and asks again.
 */
function patient(store: Store, { store: sim, watch, world }: Surroundings, actor: Actor): Store {
  return {
    ...store,
    jobs: {
      ...store.jobs,
      claim: async (kind, limit, owner, now, paused) => {
        const skew = now - world.now;
        if (sim.nextDue(kind) <= now) return store.jobs.claim(kind, limit, owner, now, paused);
        await watch.until(kind, actor, () => world.now + skew);
        return [];
      },
      async enqueue(wanted, now) {
        await store.jobs.enqueue(wanted, now);
        watch.tell(
          actor,
          wanted.map(({ kind }) => kind),
        );
      },
    },
  };
}
