import type { Chance } from './chance.ts';
import type { SimStore } from './store.ts';
import type { Actor, World } from './world.ts';

interface Waiter {
  readonly kind: string;
  readonly actor: Actor;
  /** What its own clock says. */
  readonly now: () => number;
  readonly go: () => void;
  /** When it is to look; infinity while there is nothing to look for. */
  at: number;
}

/** How long after work is due a worker that sleeps finds it: it looked just then, or has just looked in vain. */
const LATE_MS = [0, 20, 300, 2_000] as const;

/**
 * Lets loops that have no work wait until there is some, instead of asking again and again on the way: the answers are
 * known, and most happenings of a quiet worker would be these questions.
 */
export class JobWatch {
  readonly #world: World;
  readonly #store: SimStore;
  readonly #chance: Chance;
  readonly #waiting = new Set<Waiter>();
  /** Nobody is late any more. */
  prompt = false;

  constructor(world: World, store: SimStore, chance: Chance) {
    this.#world = world;
    this.#store = store;
    this.#chance = chance;
    store.onJobs(() => {
      const due = store.dueKinds();
      if (due.size > 0) for (const waiter of this.#waiting) if (due.has(waiter.kind)) this.#schedule(waiter);
    });
  }

  /** Resolves some while after a job of this kind is due by the actor's own clock, and at once where it is told to look. */
  until(kind: string, actor: Actor, now: () => number): Promise<void> {
    return new Promise((resolve) => {
      const waiter: Waiter = { kind, actor, now, go: resolve, at: Infinity };
      this.#waiting.add(waiter);
      this.#schedule(waiter);
    });
  }

  /** An actor's loops of these kinds, or all of them, look at once. */
  tell(actor: Actor, kinds?: readonly string[]): void {
    for (const waiter of this.#waiting)
      if (waiter.actor === actor && (kinds?.includes(waiter.kind) ?? true)) this.#go(waiter);
  }

  /** An actor is no more: nobody waits for it. */
  forget(actor: Actor): void {
    for (const waiter of this.#waiting) if (waiter.actor === actor) this.#waiting.delete(waiter);
  }

  #go(waiter: Waiter): void {
    if (this.#waiting.delete(waiter)) waiter.go();
  }

  #schedule(waiter: Waiter): void {
    const due = this.#store.nextDue(waiter.kind);
    if (due === Infinity) return;
    const { now } = this.#world;
    const inMs = Math.max(0, due - waiter.now());
    // Being late is drawn once for each time that it is to look earlier than it would have.
    if (now + inMs >= waiter.at) return;
    const at = now + inMs + (this.prompt ? 0 : this.#chance.pick(LATE_MS));
    if (at >= waiter.at) return;
    waiter.at = at;
    this.#world.in(at - now, waiter.actor, () => {
      if (waiter.at !== at || !this.#waiting.has(waiter)) return;
      waiter.at = Infinity;
      if (this.#store.nextDue(waiter.kind) <= waiter.now()) this.#go(waiter);
      else this.#schedule(waiter);
    });
  }
}
