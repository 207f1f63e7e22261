import { setTimeout as wait } from 'node:timers/promises';
import { shopsOf, startLife } from './life.ts';
import { plant, type Planted } from './planted.ts';
import { startPulse } from './pulse.ts';
import type { Happening, Kill, Sample } from './record.ts';
import { drawSchedule } from './schedule.ts';
import { leftSoFar, settle } from './settle.ts';
import { openStage, type Stage } from './stage.ts';
import { storiesOf } from './story.ts';
import { openTroubles, WHILE_STARTING } from './troubles.ts';
import { judgeAll, type Verdict } from './verdict.ts';

export interface ChaosSettings {
  readonly seed: string;
  readonly forMs: number;
  readonly workers: number;
  /** Orders that the shops have when it begins, and how many a second come to that. */
  readonly orders: number;
  readonly ordersPerSecond: number;
  readonly planted: Planted | null;
  /** Nothing goes wrong: what the judge then says is the judge's own fault. */
  readonly calm: boolean;
  readonly logs: string;
  say(line: string): void;
}

export interface Outcome {
  readonly settings: ChaosSettings;
  readonly happenings: readonly Happening[];
  readonly kills: readonly Kill[];
  readonly samples: readonly Sample[];
  /** When nothing went wrong any more, and when all was judged. */
  readonly calmAt: number;
  readonly endedAt: number;
  readonly rounds: number;
  readonly orders: number;
  readonly planted: string | null;
  readonly verdict: Verdict;
  readonly stories: readonly string[];
}

const SAMPLE_MS = 5_000;
/** What waits out a lease or a time-out when things go right again gets this long before the workers are ended. */
const RECOVER_MS = 5_000;

/** One run, from the start of every process to the verdict. */
export async function runChaos(settings: ChaosSettings): Promise<Outcome> {
  const { seed, forMs, workers, say } = settings;
  const began = performance.now();
  const now = (): number => Math.round(performance.now() - began);
  let stage: Stage | null = null;
  const troubles = openTroubles(
    () => {
      if (stage === null) throw new Error('the stage is not open');
      return stage;
    },
    workers,
    now,
  );
  stage = await openStage({ ...settings, onJobEnd: () => troubles.jobEnded() });
  const { remotes, store } = stage;
  const schedule = settings.calm ? [] : drawSchedule({ seed, forMs, workers, remotes: remotes.ids });
  await troubles.startWorkers();
  const life = startLife(remotes, settings);
  const pulse = startPulse(store, remotes);
  const samples: Sample[] = [];
  const sampling = new AbortController();
  const sampled = sample();
  say(`${workers} workers run; ${schedule.length} troubles over ${Math.round(forMs / 60_000)} min`);
  await Promise.all([troubles.run(schedule), wait(forMs)]);
  await troubles.end();
  life.calm();
  const calmAt = now();
  await wait(RECOVER_MS);
  await pulse.stop();
  const stopped = await troubles.stopWorkers();
  say('nothing goes wrong any more; rounds until nothing leaves');
  const settled = await settle(remotes, stage.storeUri, settings.logs);
  await life.stop();
  const planted = settings.planted === null ? null : await plant(settings.planted, store, remotes);
  const judged = await judgeAll(store, remotes);
  sampling.abort();
  await sampled;
  samples.push(await look());
  const itself = troubles.happenings.flatMap(({ lane, kind, text, at }) =>
    kind === 'ended by itself' && !text.endsWith(WHILE_STARTING)
      ? [`${lane} ${text} by itself after ${Math.round(at / 1_000)} s.`]
      : [],
  );
  const faults = [...itself, ...stopped, ...settled.faults, ...judged.faults];
  const stories = await storiesOf(faults, store, remotes);
  const orders = await store.collections.orders.countDocuments({});
  await stage.close();
  return {
    settings,
    happenings: troubles.happenings,
    kills: troubles.kills,
    samples,
    calmAt,
    endedAt: now(),
    rounds: settled.rounds,
    orders,
    planted,
    verdict: { ...judged, faults },
    stories,
  };

  async function look(): Promise<Sample> {
    const confirmed = await Promise.all(shopsOf(remotes).map((id) => remotes.told(id)));
    return {
      at: now(),
      placed: settings.orders + life.placed(),
      left: await leftSoFar(remotes),
      confirmed: confirmed.reduce(
        (sum, { confirmations }) =>
          sum + confirmations.filter(({ tracking }) => tracking.some((one) => one.startsWith('SB'))).length,
        0,
      ),
    };
  }

  async function sample(): Promise<void> {
    while (!sampling.signal.aborted) {
      samples.push(await look());
      await wait(SAMPLE_MS, undefined, { signal: sampling.signal }).catch(() => undefined);
    }
  }
}
