import type { CallKind } from '../../src/connector/io.ts';
import { Chance } from './chance.ts';

export const REMOTES = ['shop', 'depot', 'ledger'] as const;
export type RemoteName = (typeof REMOTES)[number];

/** How a worker's write or call ends when it is killed with it: never sent, half of a bulk write applied, or wholly applied. */
export type CrashPoint = 'before' | 'inside' | 'after';
/** What becomes of one call to a remote. */
export type CallFault = 'lost request' | 'lost reply' | 'late' | 'doubled' | 'failed' | 'failed after' | 'throttled';

/** Which of a worker's steps a fault counts: all its writes and calls, its writes about effects, or its calls that change a remote. */
export type Counted = 'any' | 'effect' | 'call';
/** What one step of a worker is. */
export type Step = 'write' | 'effect' | 'call';

/** Befalls the worker of a slot with one of its writes or calls. */
export type WorkerFault = { readonly slot: number; readonly of: Counted; readonly after: number } & (
  | { readonly is: 'crash'; readonly point: CrashPoint; readonly restartMs: number }
  | { readonly is: 'stall'; readonly ms: number; readonly held: boolean }
  | { readonly is: 'cut'; readonly applied: boolean }
);
/** Befalls one call to a remote, whoever makes it. */
export interface RemoteFault {
  readonly is: 'call';
  readonly remote: RemoteName;
  /** Which calls are counted. */
  readonly of: CallKind;
  readonly after: number;
  readonly what: CallFault;
  readonly ms: number;
}
/** Lasts for a while. */
export type SpanFault = { readonly at: number; readonly ms: number } & (
  | { readonly is: 'storm'; readonly remote: RemoteName; readonly what: 'throttled' | 'failed' }
  | { readonly is: 'store away' }
);

/** The store is lost and brought back as it was `backMs` before; the workers start again `downMs` later. */
export interface RestoreFault {
  readonly is: 'restore';
  readonly at: number;
  readonly backMs: number;
  readonly downMs: number;
}

/**
 * One thing that goes wrong. Those of a worker count its writes and calls since the fault before: the worker of a slot
 * that was killed starts anew, and its next fault counts from there.
 */
export type Fault = WorkerFault | RemoteFault | SpanFault | RestoreFault;

interface Line<T> {
  readonly queue: T[];
  since: number;
}

export interface FaultSpan {
  readonly slots: number;
  /** Length of the time in which things go wrong, in milliseconds. */
  readonly ms: number;
}

const CALL_FAULTS: readonly CallFault[] = [
  'lost request',
  'lost reply',
  'late',
  'doubled',
  'failed',
  'failed after',
  'failed after',
  'throttled',
];

/** What goes wrong in a seed, in the order in which it was drawn. Some seeds are quiet, some are storms. */
export function drawFaults(seed: string, { slots, ms }: FaultSpan): Fault[] {
  const chance = new Chance(`${seed}/faults`);
  const faults: Fault[] = [];
  // Of one worker's faults the first is waited for first: none of a kind is always behind the others.
  const add = (fault: WorkerFault): void => {
    faults.splice(chance.between(0, faults.length), 0, fault);
  };
  const many = chance.pick([0, 1, 2, 2, 3, 3]);
  const times = (most: number): number => (many === 0 ? 0 : chance.between(0, most * many));
  const slot = (): number => chance.between(0, slots - 1);
  const place = (steps: readonly Counted[]): Pick<WorkerFault, 'of' | 'after'> => {
    const of = chance.pick(steps);
    return { of, after: chance.between(1, of === 'any' ? chance.pick([10, 40, 120]) : 2) };
  };
  for (let n = times(3); n > 0; n -= 1)
    add({
      is: 'crash',
      slot: slot(),
      ...place(['any', 'any', 'effect', 'call']),
      point: chance.pick(['before', 'inside', 'after', 'after']),
      restartMs: chance.pick([50, 500, 3_000, 12_000]),
    });
  for (let n = times(1); n > 0; n -= 1) {
    const at = place(['any', 'effect', 'effect', 'call']);
    // Around an effect it stands for so long that another has taken over, asked and sent before it goes on.
    const ms = chance.pick(at.of === 'any' ? [400, 3_000, 5_000, 35_000, 70_000] : [5_000, 45_000, 75_000, 75_000]);
    add({ is: 'stall', slot: slot(), ...at, ms, held: chance.percent(50) });
  }
  for (let n = times(1); n > 0; n -= 1)
    add({ is: 'cut', slot: slot(), of: 'any', after: chance.between(1, 80), applied: chance.percent(50) });
  for (let n = times(4); n > 0; n -= 1) {
    const of = chance.pick<CallKind>(['read', 'write', 'write']);
    faults.push({
      is: 'call',
      remote: chance.pick(REMOTES),
      of,
      after: chance.between(1, of === 'write' ? 4 : 15),
      what: chance.pick(CALL_FAULTS),
      ms: chance.between(200, 9_000),
    });
  }
  if (many > 1 && chance.percent(40))
    faults.push({
      is: 'storm',
      remote: chance.pick(REMOTES),
      at: chance.between(0, ms),
      ms: chance.between(500, 15_000),
      what: chance.pick(['throttled', 'failed']),
    });
  if (many > 1 && chance.percent(25))
    faults.push({ is: 'store away', at: chance.between(0, ms), ms: chance.between(200, 6_000) });
  if (many > 0 && chance.percent(12)) {
    const at = chance.between(2_000, ms);
    faults.push({
      is: 'restore',
      at,
      backMs: chance.between(200, at),
      downMs: chance.pick([500, 5_000, 45_000]),
    });
  }
  return faults;
}

/** Says of each write and call what goes wrong with it. */
export class FaultLine {
  /** Until then things go wrong: afterwards everything works. */
  off = false;
  readonly #slots = new Map<string, Line<WorkerFault>>();
  readonly #remotes = new Map<string, Line<RemoteFault>>();
  readonly #spans: SpanFault[] = [];
  readonly #start: number;

  constructor(faults: readonly Fault[], start: number) {
    this.#start = start;
    for (const fault of faults) {
      if ('slot' in fault) lineOf(this.#slots, `${fault.slot} ${fault.of}`).queue.push(fault);
      else if (fault.is === 'call') lineOf(this.#remotes, `${fault.remote} ${fault.of}`).queue.push(fault);
      else if (fault.is !== 'restore') this.#spans.push(fault);
    }
  }

  /** What happens to the worker of a slot with this write or call. */
  ofWorker(slot: number, step: Step): WorkerFault | null {
    if (this.off) return null;
    const own = step === 'write' ? null : nextOf(lineOf(this.#slots, `${slot} ${step}`));
    const any = own === null ? nextOf(lineOf(this.#slots, `${slot} any`)) : null;
    return own ?? any;
  }

  ofCall(remote: RemoteName, kind: CallKind, now: number): { readonly what: CallFault; readonly ms: number } | null {
    if (this.off) return null;
    for (const span of this.#during(now))
      if (span.is === 'storm' && span.remote === remote) return { what: span.what, ms: 1_000 };
    return nextOf(lineOf(this.#remotes, `${remote} ${kind}`));
  }

  storeIsAway(now: number): boolean {
    return !this.off && this.#during(now).some(({ is }) => is === 'store away');
  }

  #during(now: number): SpanFault[] {
    const since = now - this.#start;
    return this.#spans.filter(({ at, ms }) => since >= at && since < at + ms);
  }
}

function lineOf<K, T>(lines: Map<K, Line<T>>, key: K): Line<T> {
  const line = lines.get(key) ?? { queue: [], since: 0 };
  lines.set(key, line);
  return line;
}

function nextOf<T extends { readonly after: number }>(line: Line<T>): T | null {
  line.since += 1;
  const [next] = line.queue;
  if (next === undefined || line.since < next.after) return null;
  line.queue.shift();
  line.since = 0;
  return next;
}

/** One line that a person reads. */
export function describeFault(fault: Fault): string {
  switch (fault.is) {
    case 'crash':
      return `worker ${fault.slot} is killed ${fault.point === 'inside' ? 'in the middle of' : fault.point} its ${stepOf(fault)}, and starts again after ${fault.restartMs} ms`;
    case 'stall':
      return `worker ${fault.slot} stands still for ${fault.ms} ms at its ${stepOf(fault)}${fault.held ? ', before it leaves' : ', after it has left'}`;
    case 'cut':
      return `worker ${fault.slot} loses the connection to the store at its ${stepOf(fault)}, ${fault.applied ? 'after' : 'before'} it was applied`;
    case 'call':
      return `${fault.of} ${fault.after} at the ${fault.remote}: ${fault.what} (${fault.ms} ms)`;
    case 'storm':
      return `the ${fault.remote} answers every call for ${fault.ms} ms from ${fault.at} ms on: ${fault.what}`;
    case 'restore':
      return `the store is brought back ${fault.at} ms after the start as it was ${fault.backMs} ms before; the workers start ${fault.downMs} ms later`;
    case 'store away':
      return `the store is away for ${fault.ms} ms from ${fault.at} ms on`;
  }
}

const STEPS: Readonly<Record<Counted, string>> = {
  any: 'write or call',
  effect: 'write about an effect',
  call: 'call that changes a remote',
};

function stepOf({ of, after }: WorkerFault): string {
  return `${STEPS[of]} number ${after}`;
}
