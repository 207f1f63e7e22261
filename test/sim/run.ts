import { Chance } from './chance.ts';
import { Crew } from './crew.ts';
import { Depot } from './depot.ts';
import { unlinkStores } from './driver.ts';
import type { Limit } from './budgets.ts';
import { drawFaults, FaultLine, type Fault, type RemoteName, type RestoreFault } from './faults.ts';
import { JobWatch } from './job-watch.ts';
import { judge } from './judge.ts';
import { drawUniqueness, KeyBook } from './key-book.ts';
import { Ledger } from './ledger.ts';
import { comeToRest } from './rest.ts';
import { planDeeds } from './scenario.ts';
import { Shop } from './shop.ts';
import { preparedStore } from './prepared.ts';
import { SimStore } from './store.ts';
import type { Plant, Surroundings } from './worker.ts';
import { World } from './world.ts';

/** Shortly before midnight UTC: the business day ends in the middle of a run. */
const START = Date.UTC(2026, 2, 14, 23, 59, 30);

export interface RunOptions {
  /** What goes wrong, where not all that the seed says. */
  readonly faults?: readonly Fault[];
  readonly plant?: Plant;
  readonly keepsLines?: boolean;
  /** Shown every command to the store, when it came there, and what was answered. */
  readonly onCommand?: (bytes: Uint8Array, reply: Uint8Array, now: number) => void;
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
  const slots = draw.pick([1, 1, 1, 2, 2, 2, 2, 3, 4, 5]);
  const spanMs = draw.pick([4_000, 8_000, 12_000]);
  const world = new World({ seed, start: START, keepsLines: options.keepsLines ?? false });
  const faultList = options.faults ?? drawFaults(seed, { slots, ms: spanMs });
  const faults = new FaultLine(faultList, START);
  const chance = new Chance(`${seed}/remotes`);
  const now = (): number => world.now;
  const store = new SimStore(world, seed, await preparedStore());
  const { onCommand } = options;
  if (onCommand !== undefined)
    store.onCommand = (bytes, reply) => {
      onCommand(bytes, reply, world.now);
    };
  const surroundings: Surroundings = {
    seed,
    world,
    faults,
    store,
    watch: new JobWatch(world, store, new Chance(`${seed}/watch`)),
    shop: new Shop(world, new KeyBook('c', drawUniqueness(draw), now, chance), chance, draw.pick([1, 1_000])),
    depot: new Depot(world, new KeyBook('d', drawUniqueness(draw), now, chance), chance, draw.percent(20)),
    ledger: new Ledger(new KeyBook('j', drawUniqueness(draw), now, chance)),
    wireMs: draw.pick([2, 2, 20, 60]),
    policy: draw.pick(['split', 'partial', 'ship-complete']),
    limits: drawLimits(draw),
    ...(options.plant === undefined ? {} : { plant: options.plant }),
  };
  const crew = new Crew(surroundings, slots);
  planDeeds(surroundings, spanMs);
  for (let slot = 0; slot < slots; slot += 1) crew.start(slot, slot === 0 ? 0 : draw.between(0, 3_000));
  crew.tick();
  for (const fault of faultList) if (fault.is === 'restore') planRestore(surroundings, crew, fault);
  await world.run(() => false, START + spanMs);
  // From here on everything works, and a few do it.
  faults.off = true;
  surroundings.depot.moody = false;
  surroundings.shop.moody = false;
  surroundings.watch.prompt = true;
  crew.thin(draw.pick([1, 1, 1, 2]), draw);
  const violations = await comeToRest(surroundings, crew, START);
  crew.dismiss();
  if (violations.length === 0) violations.push(...(await judge(surroundings)));
  const { shop, depot, ledger } = surroundings;
  unlinkStores();
  return {
    seed: number,
    violations,
    faults: faultList,
    trace: world.traceHash(store.contents()),
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

/** Few remotes have a rate that this small business could ever reach. */
function drawLimits(draw: Chance): Map<RemoteName, Limit> {
  if (!draw.percent(20)) return new Map();
  const remote = draw.pick<RemoteName>(['shop', 'shop', 'depot']);
  return new Map([[remote, { perSecond: draw.pick([1, 3]), capacity: draw.pick([1, 4]), sent: [] }]]);
}

/** Takes the backup, and brings it back in the place of all that was written since. */
function planRestore({ world, store }: Surroundings, crew: Crew, { at, backMs, downMs }: RestoreFault): void {
  world.in(at - backMs, null, () => {
    const backup = store.backup();
    world.in(backMs, null, () => {
      world.trace(`the store is brought back as it was ${backMs} ms ago`);
      void crew.standBy(() => store.restore(backup, world.now), downMs);
    });
  });
}
