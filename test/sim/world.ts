import { createHash } from 'node:crypto';
import type { Clock } from '../../src/domain/ports.ts';
import { Chance } from './chance.ts';

/** Whoever lives in the world and can stop: nothing reaches it once it is dead, and nothing while it stands still. */
export interface Actor {
  readonly name: string;
  alive: boolean;
  /** Until then nothing reaches it: it was stopped and goes on where it stood. */
  standsUntil: number;
}

interface Happening {
  readonly at: number;
  /** Among those of one instant the order is drawn. */
  readonly turn: number;
  readonly to: Actor | null;
  readonly run: () => void;
}

const TOLD_TOGETHER = 16_000;
/** What needs more than this goes round in circles. */
const MOST_HAPPENINGS = 80_000;

/**
 * Virtual time. Everything that happens is put here and happens one after the other; in between all promises settle. When
 * nothing is left to settle, the clock jumps to what comes next.
 */
export class World {
  now: number;
  /** The newest lines of the trace, for the story of what broke. */
  readonly lines: string[] = [];
  happenings = 0;
  /** Calls that have left a worker and not come to their remote yet. */
  onWires = 0;
  readonly #order: Chance;
  readonly #queue: Happening[] = [];
  readonly #trace = createHash('sha256');
  readonly #keeps: boolean;
  /** The end of the trace that is not in its hash yet. */
  readonly #told = Buffer.alloc(TOLD_TOGETHER);
  #toldTo = 0;
  /** How the sleeps of each actor let go of the signals that would end them. */
  readonly #sleeps = new Map<Actor, Set<() => void>>();

  constructor(options: { readonly seed: string; readonly start: number; readonly keepsLines?: boolean }) {
    this.now = options.start;
    this.#order = new Chance(`${options.seed}/order`);
    this.#keeps = options.keepsLines ?? false;
  }

  /** @param to who is reached by it; null = nobody can stop it */
  in(ms: number, to: Actor | null, run: () => void): void {
    this.#push({ at: this.now + Math.max(0, Math.round(ms)), turn: this.#order.next(), to, run });
  }

  /** Part of what two runs of one seed must have in common. */
  trace(line: string): void {
    const told = `${this.now} ${line}\n`;
    // To hash every line by itself costs more than all of them together.
    if (this.#toldTo + told.length * 3 > TOLD_TOGETHER) this.#hashTold();
    if (told.length * 3 > TOLD_TOGETHER) this.#trace.update(told);
    else this.#toldTo += this.#told.write(told, this.#toldTo);
    if (this.#keeps) this.lines.push(`${new Date(this.now).toISOString().slice(11, 23)} ${line}`);
  }

  /** Nothing reaches an actor any more. What it waited for lets go of it: node keeps signals that somebody listens to. */
  end(actor: Actor): void {
    actor.alive = false;
    for (const letGo of this.#sleeps.get(actor) ?? []) letGo();
    this.#sleeps.delete(actor);
  }

  /** @param contents what the world left behind: two runs must have that in common too (I8) */
  traceHash(contents: Iterable<Uint8Array>): string {
    this.#hashTold();
    const hash = this.#trace.copy();
    for (const bytes of contents) hash.update(bytes);
    return hash.digest('hex');
  }

  #hashTold(): void {
    this.#trace.update(this.#told.subarray(0, this.#toldTo));
    this.#toldTo = 0;
  }

  /** Goes on until `done`, or `until`; false where that came first or nothing was left to happen. */
  run(done: () => boolean, until: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (done()) resolve(true);
          else if (this.#happen(until)) whenSettled(step);
          else resolve(false);
        } catch (thrown) {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      };
      whenSettled(step);
    });
  }

  /** The next thing happens to whoever is there for it. @returns false where there is none before `until` */
  #happen(until: number): boolean {
    for (;;) {
      const next = this.#pop();
      if (next === undefined || next.at > until || this.happenings > MOST_HAPPENINGS) {
        if (next !== undefined) this.#push(next);
        this.now = Math.max(this.now, until);
        return false;
      }
      this.now = Math.max(this.now, next.at);
      if (next.to !== null) {
        if (!next.to.alive) continue;
        if (next.to.standsUntil > this.now) {
          this.#push({ ...next, at: next.to.standsUntil, turn: this.#order.next() });
          continue;
        }
      }
      this.happenings += 1;
      next.run();
      return true;
    }
  }

  /** The clock of one actor: ahead of the world's by `skewMs`. */
  clockOf(actor: Actor, skewMs: number): Clock {
    const sleeps = this.#sleeps.get(actor) ?? new Set<() => void>();
    this.#sleeps.set(actor, sleeps);
    return {
      now: () => this.now + skewMs,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) {
            reject(reasonOf(signal));
            return;
          }
          let over = false;
          const stopped = (): void => {
            over = true;
            sleeps.delete(letGo);
            reject(reasonOf(signal));
          };
          const letGo = (): void => {
            sleeps.delete(letGo);
            signal?.removeEventListener('abort', stopped);
          };
          signal?.addEventListener('abort', stopped, { once: true });
          if (signal !== undefined) sleeps.add(letGo);
          this.in(Math.max(1, ms), actor, () => {
            if (over) return;
            letGo();
            resolve();
          });
        }),
    };
  }

  // A binary heap by instant and turn.
  #push(one: Happening): void {
    const queue = this.#queue;
    let at = queue.push(one) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = queue[above];
      if (parent === undefined || !before(one, parent)) break;
      queue[at] = parent;
      at = above;
    }
    queue[at] = one;
  }

  #pop(): Happening | undefined {
    const queue = this.#queue;
    const [first] = queue;
    const last = queue.pop();
    if (first === undefined || last === undefined || queue.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      const right = queue[below + 1];
      let child = queue[below];
      if (child !== undefined && right !== undefined && before(right, child)) {
        below += 1;
        child = right;
      }
      if (child === undefined || !before(child, last)) break;
      queue[at] = child;
      at = below;
    }
    queue[at] = last;
    return first;
  }
}

function before(one: Happening, other: Happening): boolean {
  return one.at < other.at || (one.at === other.at && one.turn < other.turn);
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('stopped');
}

/**
 * Calls back when every promise that can settle without something happening has settled: node drains its microtasks
 * before it turns to what `nextTick` was given. A turn of the event loop would do too, and costs ten times as much.
 */
function whenSettled(step: () => void): void {
  // As queueMicrotask does, without a resource to trace for each of very many.
  void SETTLED.then(() => {
    process.nextTick(step);
  });
}

const SETTLED = Promise.resolve();
