import { Chance } from '../../src/connector/sandbox/business/chance.ts';

/** One thing that goes wrong, so many milliseconds after the start. */
export type Trouble = { readonly at: number } & (
  | {
      /** SIGKILL; `at a write` = when its next write was applied and the answer is on its way. */
      readonly kind: 'kill';
      readonly worker: number;
      readonly when: 'at once' | 'at a write';
      /** So long it is not started again. */
      readonly downMs: number;
    }
  /** SIGSTOP, and SIGCONT so much later. */
  | { readonly kind: 'stall'; readonly worker: number; readonly forMs: number }
  | { readonly kind: 'kill store'; readonly downMs: number }
  /** Every connection of one worker to the store is cut when a write was applied and its answer is on its way. */
  | { readonly kind: 'cut store'; readonly worker: number }
  /** The same between the workers and a remote. */
  | { readonly kind: 'cut remote'; readonly remote: string }
  /** Nobody reaches the remote; what was under way is cut. */
  | { readonly kind: 'away'; readonly remote: string; readonly forMs: number }
);

export interface ScheduleSettings {
  readonly seed: string;
  /** How long things go wrong, in milliseconds. */
  readonly forMs: number;
  readonly workers: number;
  readonly remotes: readonly string[];
}

/** A worker that was started again is left alone for so long: killed before it has begun, it shows nothing. */
const STARTS_MS = 4_000;
const LEAST_GAP_MS = 1_200;
const MOST_GAP_MS = 4_800;

/**
 * Everything that goes wrong in a run, in the order of time. The same settings give the same schedule, and a longer run
 * begins as a shorter one does. At every moment at least one worker is not stalled, and what is drawn for one that is down
 * or stalled waits for the next draw.
 */
export function drawSchedule({ seed, forMs, workers, remotes }: ScheduleSettings): readonly Trouble[] {
  const chance = new Chance(seed, 1);
  const schedule: Trouble[] = [];
  const workerFree = new Array<number>(workers).fill(0);
  const stalledUntil = new Array<number>(workers).fill(0);
  const remoteFree = new Map(remotes.map((remote) => [remote, 0]));
  let storeFree = 0;
  for (let at = chance.whole(LEAST_GAP_MS, MOST_GAP_MS); at < forMs; at += chance.whole(LEAST_GAP_MS, MOST_GAP_MS)) {
    const worker = chance.whole(0, workers - 1);
    const remote = chance.pick(remotes);
    const kind = chance.weighted(WEIGHTS);
    const span = stallMs(chance);
    const downMs = chance.whole(0, 1_500);
    const workerIsFree = (workerFree[worker] ?? 0) <= at;
    switch (kind) {
      case 'kill':
      case 'kill at a write':
        if (!workerIsFree) break;
        schedule.push({ at, kind: 'kill', worker, when: kind === 'kill' ? 'at once' : 'at a write', downMs });
        workerFree[worker] = at + downMs + STARTS_MS;
        break;
      case 'stall': {
        const others = stalledUntil.filter((until, index) => index !== worker && until <= at).length;
        if (!workerIsFree || others === 0) break;
        const ends = Math.min(at + span, forMs);
        schedule.push({ at, kind, worker, forMs: ends - at });
        workerFree[worker] = stalledUntil[worker] = ends;
        break;
      }
      case 'kill store':
        if (storeFree > at) break;
        schedule.push({ at, kind, downMs });
        storeFree = at + downMs + STARTS_MS;
        break;
      case 'cut store':
        if (workerIsFree) schedule.push({ at, kind, worker });
        break;
      case 'cut remote':
      case 'away':
        if ((remoteFree.get(remote) ?? 0) > at) break;
        if (kind === 'cut remote') schedule.push({ at, kind, remote });
        else {
          const awayMs = Math.min(chance.whole(500, 12_000), forMs - at);
          schedule.push({ at, kind, remote, forMs: awayMs });
          remoteFree.set(remote, at + awayMs);
        }
    }
  }
  return schedule;
}

const WEIGHTS = [
  [26, 'kill'],
  [20, 'kill at a write'],
  [16, 'stall'],
  [4, 'kill store'],
  [14, 'cut store'],
  [13, 'cut remote'],
  [7, 'away'],
] as const;

/** Most stalls are short; of ten three are longer than a lease and one is longer than lease and time-out together. */
function stallMs(chance: Chance): number {
  const kind = chance.whole(1, 10);
  if (kind === 1) return chance.whole(20_000, 60_000);
  return kind <= 4 ? chance.whole(4_000, 20_000) : chance.whole(1_000, 4_000);
}
