import {
  wantPostDue,
  wantPublishStock,
  wantPullOrders,
  wantPullShipments,
  wantPullStock,
  wantSweepOrders,
} from '../../src/flows/wanted.ts';
import type { Flow } from '../../src/flows/flow.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import type { Chance } from './chance.ts';
import { startSimWorker, type SimWorker, type Surroundings } from './worker.ts';
import type { Actor } from './world.ts';

const MINUTE = 60_000;

const EVERY: readonly (readonly [ms: number, wanted: Wanted])[] = [
  [2_500, wantPullOrders('shop')],
  [2_000, wantPullShipments('depot')],
  [5_000, wantPullStock('depot')],
  [4_000, wantPublishStock('shop')],
  [15_000, wantSweepOrders('shop')],
  [11_000, wantPostDue('shop')],
];

/** By then most of them are up. */
const FIRST_MS = 1_500;

interface Member {
  readonly actor: Actor;
  /** Null until it has started. */
  at: SimWorker | null;
}

/** The workers, by their slots: one that is killed is followed by another. */
export class Crew {
  crashes = 0;
  readonly #surroundings: Surroundings;
  readonly #members = new Map<number, Member>();
  readonly #restarts = new Map<number, number>();
  readonly #slots: Set<number>;
  /** The store is being brought back: nobody starts. */
  #down = false;

  constructor(surroundings: Surroundings, slots: number) {
    this.#surroundings = surroundings;
    this.#slots = new Set(Array.from({ length: slots }, (_, slot) => slot));
  }

  start(slot: number, inMs: number): void {
    const { world } = this.#surroundings;
    world.in(inMs, null, () => {
      if (!this.#slots.has(slot) || this.#down || this.#members.has(slot)) return;
      const times = (this.#restarts.get(slot) ?? -1) + 1;
      this.#restarts.set(slot, times);
      const actor: Actor = { name: `w${slot}.${times}`, alive: true, standsUntil: 0 };
      const member: Member = { actor, at: null };
      this.#members.set(slot, member);
      const died = (restartMs: number): void => {
        if (!actor.alive) return;
        this.#bury(actor);
        this.crashes += 1;
        if (this.#members.get(slot) === member) this.#members.delete(slot);
        this.start(slot, restartMs);
      };
      startSimWorker(this.#surroundings, actor, slot, died).then(
        (started) => {
          member.at = started;
        },
        (thrown: unknown) => {
          // It could not start, as a real one may not while the store is away: it is started again.
          world.trace(`${actor.name} could not start: ${String(thrown)}`);
          died(1_000);
        },
      );
    });
  }

  /** All stop at once without a word, and start again when this is over. */
  async standBy(during: () => Promise<void>, downMs: number): Promise<void> {
    for (const { actor } of this.#members.values()) this.#bury(actor);
    this.#members.clear();
    this.#down = true;
    await during();
    this.#surroundings.world.in(downMs, null, () => {
      this.#down = false;
      for (const slot of this.#slots) this.start(slot, 0);
    });
  }

  /** The schedule of every worker, as cron keeps it. */
  tick(): void {
    const { world, faults } = this.#surroundings;
    for (const [ms, wanted] of EVERY) {
      const again = (): void => {
        if (faults.off) return;
        void this.enqueue([wanted]);
        world.in(ms, null, again);
      };
      world.in(FIRST_MS, null, again);
    }
  }

  /** By whoever is up; nobody, nothing. */
  async enqueue(wanted: readonly Wanted[]): Promise<void> {
    const { world, faults } = this.#surroundings;
    for (const [slot, { actor, at }] of this.#members) {
      // Not by one that is about to leave.
      if (at === null || actor.standsUntil > world.now || !this.#slots.has(slot)) continue;
      const asked = at.worker.enqueue(wanted).catch(() => undefined);
      if (faults.off) await this.during(asked);
      return;
    }
  }

  /** Lets the world go on until a promise has settled. */
  async during(promise: Promise<unknown>): Promise<void> {
    const { world } = this.#surroundings;
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    await world.run(() => settled, world.now + MINUTE);
  }

  /** The connections and the store of a worker that is up: what a person at its command line has. */
  flow(): Flow {
    for (const [slot, { at }] of this.#members) if (at !== null && this.#slots.has(slot)) return at.flow;
    throw new Error('nobody is up');
  }

  /**
   * All but some leave for good: in order, or without a word, so that whoever stays has to take over. One that stands
   * still leaves when it has gone on for a while: what it does then is what takes others by surprise.
   */
  thin(stay: number, chance: Chance): void {
    const { world, watch } = this.#surroundings;
    while (this.#slots.size > stay) {
      // Whoever stands still is to find that others have gone on without it.
      const standing = [...this.#slots].filter((each) => this.#standsFor(each) > 0);
      const slot = chance.pick(standing.length > 0 ? standing : [...this.#slots]);
      const orderly = chance.percent(50);
      this.#slots.delete(slot);
      const member = this.#members.get(slot);
      if (member === undefined) continue;
      const { actor } = member;
      const leave = (): void => {
        if (!actor.alive) return;
        world.trace(`${actor.name} leaves ${orderly && member.at !== null ? 'in order' : 'without a word'}`);
        const gone = (): void => {
          this.#bury(actor);
          if (this.#members.get(slot) === member) this.#members.delete(slot);
        };
        if (!orderly || member.at === null) {
          gone();
          return;
        }
        const stopping = member.at.worker.stop();
        watch.tell(actor);
        void stopping.then(gone, gone);
      };
      const standsFor = this.#standsFor(slot);
      world.in(standsFor > 0 ? standsFor + 5_000 : 0, null, leave);
    }
  }

  /** Whoever stays has started and stands still no more. */
  up(): boolean {
    const { now } = this.#surroundings.world;
    const members = [...this.#members.values()];
    return (
      [...this.#slots].every((slot) => this.#members.get(slot)?.at != null) &&
      members.every(({ actor }) => actor.standsUntil <= now)
    );
  }

  /** No job is under way or ready, however late it is due. */
  atRest(): boolean {
    return (
      this.#surroundings.store.openJobs === 0 &&
      [...this.#members.values()].every(({ at }) => (at?.worker.running() ?? 0) === 0)
    );
  }

  restless(): string[] {
    return this.#surroundings.store
      .rows('jobs', { state: { $ne: 'parked' } })
      .map((job) => `${String(job['_id'])} (${String(job['state'])}, ${JSON.stringify(job['last'])})`);
  }

  /** Nobody hears of anything any more. */
  dismiss(): void {
    for (const { actor } of this.#members.values()) this.#bury(actor);
    this.#members.clear();
    this.#slots.clear();
  }

  #standsFor(slot: number): number {
    return (this.#members.get(slot)?.actor.standsUntil ?? 0) - this.#surroundings.world.now;
  }

  #bury(actor: Actor): void {
    this.#surroundings.world.end(actor);
    this.#surroundings.watch.forget(actor);
  }
}
