import type { Wanted } from '../../src/store/job-records.ts';
import {
  wantPostDue,
  wantPublishStock,
  wantPullOrders,
  wantPullShipments,
  wantPullStock,
  wantReconcileDue,
  wantSweepOrders,
} from '../../src/flows/wanted.ts';
import type { Worker } from '../../src/jobs/worker.ts';
import { Chance } from './chance.ts';
import { Depot, LISTING_LAG_MS } from './depot.ts';
import { unlinkStores } from './driver.ts';
import { drawFaults, FaultLine, type Fault } from './faults.ts';
import { judge } from './judge.ts';
import { drawUniqueness, KeyBook } from './key-book.ts';
import { Ledger } from './ledger.ts';
import { planDeeds } from './scenario.ts';
import { Shop } from './shop.ts';
import { SimStore } from './store.ts';
import { startSimWorker, type Plant, type Surroundings } from './worker.ts';
import { World, type Actor } from './world.ts';

/** Shortly before midnight UTC: the business day ends in the middle of a run. */
const START = Date.UTC(2026, 2, 14, 23, 59, 30);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Work that has not come to rest after so long never will. */
const REST_MS = 30 * MINUTE;

export interface RunOptions {
  /** What goes wrong, where not all that the seed says. */
  readonly faults?: readonly Fault[];
  readonly plant?: Plant;
  readonly keepsLines?: boolean;
}

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly faults: readonly Fault[];
  readonly trace: string;
  readonly lines: readonly string[];
  readonly seen: {
    readonly orders: number;
    readonly requests: number;
    readonly parcels: number;
    readonly documents: number;
    readonly crashes: number;
  };
  readonly happenings: number;
  readonly commands: number;
  readonly virtualMs: number;
  /** The books of everybody, for the story. */
  readonly surroundings: Surroundings;
}

/** Lets one seed's business run with everything that goes wrong in it, then without, and judges what is left. */
export async function runSeed(number: number, options: RunOptions = {}): Promise<Outcome> {
  const seed = String(number);
  const draw = new Chance(`${seed}/business`);
  const slots = draw.pick([1, 2, 2, 3, 5]);
  const spanMs = draw.pick([8_000, 15_000, 40_000]);
  const world = new World({ seed, start: START, keepsLines: options.keepsLines ?? false });
  const faultList = options.faults ?? drawFaults(seed, { slots, ms: spanMs });
  const faults = new FaultLine(faultList, START);
  const chance = new Chance(`${seed}/remotes`);
  const now = (): number => world.now;
  const surroundings: Surroundings = {
    seed,
    world,
    faults,
    store: new SimStore(world, seed),
    shop: new Shop(world, new KeyBook('c', drawUniqueness(draw), now, chance), chance),
    depot: new Depot(world, new KeyBook('d', drawUniqueness(draw), now, chance), chance),
    ledger: new Ledger(new KeyBook('j', drawUniqueness(draw), now, chance)),
    wireMs: draw.pick([2, 2, 20, 120]),
    policy: draw.pick(['split', 'partial', 'ship-complete']),
    ...(options.plant === undefined ? {} : { plant: options.plant }),
  };
  const crew = new Crew(surroundings, slots);
  planDeeds(surroundings, spanMs);
  for (let slot = 0; slot < slots; slot += 1) crew.start(slot, slot === 0 ? 0 : draw.between(0, 3_000));
  crew.tick();
  await world.run(() => false, START + spanMs);
  // From here on everything works, and everybody who stopped comes back.
  faults.off = true;
  surroundings.depot.moody = false;
  const violations = await comeToRest(surroundings, crew);
  crew.dismiss();
  if (violations.length === 0) violations.push(...judge(surroundings));
  const { shop, depot, ledger, store } = surroundings;
  unlinkStores();
  return {
    seed: number,
    violations,
    faults: faultList,
    trace: world.traceHash(),
    lines: world.lines,
    seen: {
      orders: shop.orders.size,
      requests: depot.work.length,
      parcels: depot.shipments.length,
      documents: ledger.keys.records.length,
      crashes: crew.crashes,
    },
    happenings: world.happenings,
    commands: store.commands,
    virtualMs: world.now - START,
    surroundings,
  };
}

const EVERY: readonly (readonly [ms: number, wanted: Wanted])[] = [
  [3_000, wantPullOrders('shop')],
  [4_000, wantPullShipments('depot')],
  [7_000, wantPullStock('depot')],
  [5_000, wantPublishStock('shop')],
  [15_000, wantSweepOrders('shop')],
  [11_000, wantPostDue('shop')],
];

const MOST_ROUNDS = 20;

/**
 * Everybody looks at everything until nothing new comes of it; then the day is closed, and once more after the time in
 * which late entries are gathered. @returns what did not come to rest
 */
async function comeToRest(surroundings: Surroundings, crew: Crew): Promise<string[]> {
  const { world, shop, depot } = surroundings;
  const rest = async (...wanted: readonly Wanted[]): Promise<boolean> => {
    await world.run(() => crew.up(), world.now + 5 * MINUTE);
    await crew.enqueue(wanted);
    return world.run(() => crew.atRest(), world.now + REST_MS);
  };
  const restless = (): string[] => [`I6: the work did not come to rest: ${crew.restless().join(', ')}`];
  const state = (): string =>
    JSON.stringify([
      [...shop.orders.values()].map(({ version }) => version),
      depot.shipments.length,
      [...depot.shelves],
    ]);
  for (let round = 1; ; round += 1) {
    if (round > MOST_ROUNDS) return ['I6: there is something new in every round'];
    const before = state();
    const looks = [wantSweepOrders('shop'), wantPullOrders('shop'), wantPullShipments('depot'), wantPullStock('depot')];
    if (!(await rest(...looks))) return restless();
    // What was just written may be listed later.
    await world.run(() => depot.idle(), world.now + 5 * MINUTE);
    await world.run(() => false, world.now + LISTING_LAG_MS);
    if (round > 1 && state() === before) break;
  }
  world.now = Math.max(world.now, START + 25 * HOUR);
  if (!(await rest(wantPullStock('depot'), wantPostDue('shop'), wantPublishStock('shop', true)))) return restless();
  world.now += HOUR;
  if (!(await rest(wantPostDue('shop'), wantReconcileDue('ledger')))) return restless();
  return [];
}

/** The workers, by their slots: one that is killed is followed by another. */
class Crew {
  crashes = 0;
  readonly #surroundings: Surroundings;
  readonly #slots: number;
  readonly #actors = new Map<number, Actor>();
  readonly #workers = new Map<number, Worker>();
  readonly #restarts = new Map<number, number>();

  constructor(surroundings: Surroundings, slots: number) {
    this.#surroundings = surroundings;
    this.#slots = slots;
  }

  start(slot: number, inMs: number): void {
    const { world } = this.#surroundings;
    world.in(inMs, null, () => {
      const times = (this.#restarts.get(slot) ?? -1) + 1;
      this.#restarts.set(slot, times);
      const actor: Actor = { name: `w${slot}.${times}`, alive: true, standsUntil: 0 };
      this.#actors.set(slot, actor);
      const died = (restartMs: number): void => {
        if (!actor.alive) return;
        actor.alive = false;
        this.crashes += 1;
        this.#workers.delete(slot);
        this.start(slot, restartMs);
      };
      startSimWorker(this.#surroundings, actor, slot, died).then(
        (worker) => {
          if (actor.alive) this.#workers.set(slot, worker);
        },
        (thrown: unknown) => {
          // It could not start, as a real one may not while the store is away: it is started again.
          world.trace(`${actor.name} could not start: ${String(thrown)}`);
          died(1_000);
        },
      );
    });
  }

  /** The schedule of every worker, as cron keeps it. */
  tick(): void {
    const { world } = this.#surroundings;
    for (const [ms, wanted] of EVERY) {
      const again = (): void => {
        if (this.#surroundings.faults.off) return;
        void this.enqueue([wanted]);
        world.in(ms, null, again);
      };
      world.in(1, null, again);
    }
  }

  /** By whoever is up; nobody, nothing. */
  async enqueue(wanted: readonly Wanted[]): Promise<void> {
    for (const [slot, worker] of this.#workers) {
      const actor = this.#actors.get(slot);
      if (actor === undefined || actor.standsUntil > this.#surroundings.world.now) continue;
      const asked = worker.enqueue(wanted).catch(() => undefined);
      if (!this.#surroundings.faults.off) return;
      let there = false;
      void asked.then(() => (there = true));
      await this.#surroundings.world.run(() => there, this.#surroundings.world.now + MINUTE);
      return;
    }
  }

  up(): boolean {
    const { now } = this.#surroundings.world;
    return (
      this.#workers.size === this.#slots && [...this.#actors.values()].every(({ standsUntil }) => standsUntil <= now)
    );
  }

  /** No job is under way or ready, however late it is due. */
  atRest(): boolean {
    return (
      this.#surroundings.store.openJobs === 0 && [...this.#workers.values()].every((worker) => worker.running() === 0)
    );
  }

  restless(): string[] {
    return this.#surroundings.store
      .rows('jobs', { state: { $ne: 'parked' } })
      .map((job) => `${String(job['_id'])} (${String(job['state'])}, ${JSON.stringify(job['last'])})`);
  }

  /** Nobody hears of anything any more. */
  dismiss(): void {
    for (const actor of this.#actors.values()) actor.alive = false;
  }
}
