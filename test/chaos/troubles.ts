import { setTimeout as wait } from 'node:timers/promises';
import type { Process } from './processes.ts';
import type { Happening, Kill } from './record.ts';
import type { Trouble } from './schedule.ts';
import type { Stage } from './stage.ts';

/** How long a kill at a write waits for one before it kills all the same. */
const WRITE_WITHIN_MS = 2_500;
const LOOK_MS = 150;
const RUNS = 'Crossdock runs';
/** What finds no store when it starts says so and ends; whoever supervises it starts it again. */
export const WHILE_STARTING = ' while it was starting';

export interface Troubles {
  /** Makes all of it happen at its time. Resolves when the last has. */
  run(schedule: readonly Trouble[]): Promise<void>;
  /** Workers run again, roads let everything through. */
  end(): Promise<void>;
  /** Ends the workers in good order. @returns what was not in order */
  stopWorkers(): Promise<string[]>;
  readonly happenings: readonly Happening[];
  readonly kills: readonly Kill[];
  /** To be told of every job that was ended as done. */
  jobEnded(): void;
  startWorkers(): Promise<void>;
}

/** What goes wrong with the processes and roads of a stage, written down as it happens. */
export function openTroubles(stage: () => Stage, workers: number, now: () => number): Troubles {
  const happenings: Happening[] = [];
  const kills: Kill[] = [];
  const processes = new Array<Process | null>(workers).fill(null);
  const stalled = new Set<number>();
  const under = new Set<Promise<void>>();
  /** What this runner itself could not do. */
  const failures: unknown[] = [];
  let waitingForJob: Kill[] = [];
  let over = false;

  const laneOf = (worker: number): string => `worker ${worker + 1}`;
  const note = (lane: string, kind: Happening['kind'], text: string, forMs?: number): void => {
    happenings.push({ at: now(), lane, kind, text, ...(forMs === undefined ? {} : { forMs }) });
  };

  function start(worker: number): void {
    const process = stage().startWorker(worker);
    processes[worker] = process;
    note(laneOf(worker), 'start', `starts as ${process.pid}`);
    let runs = false;
    process.line(RUNS).then(
      () => (runs = true),
      () => undefined,
    );
    void process.ended.then((how) => {
      if (how === 'SIGKILL' || over) return;
      // As whoever supervises it would: it is told, and started again.
      note(laneOf(worker), 'ended by itself', `ended with ${how}${runs ? '' : WHILE_STARTING}`);
      if (processes[worker] === process) later(1_000, () => start(worker));
    });
  }

  function later(ms: number, does: () => unknown): void {
    const done = wait(ms)
      .then(async () => void (await does()))
      .catch((thrown: unknown) => void failures.push(thrown))
      .finally(() => under.delete(done));
    under.add(done);
  }

  function killed(lane: string, held: number): Kill {
    const kill: Kill = { at: now(), lane, held, nextJobMs: null, freedMs: null };
    kills.push(kill);
    waitingForJob.push(kill);
    return kill;
  }

  function killWorker(worker: number, downMs: number, text: string): void {
    const process = processes[worker];
    if (process === null || process === undefined || process.over() !== null) return;
    process.send('SIGKILL');
    const lane = laneOf(worker);
    note(lane, 'kill', text);
    const at = now();
    const kill = killed(lane, 0);
    later(0, () => watchFreed(process.pid, at, kill));
    later(downMs, async () => {
      await process.ended;
      start(worker);
    });
  }

  /** What the dead one held, and when nobody holds it in its name any more. */
  async function watchFreed(pid: number, at: number, kill: Kill): Promise<void> {
    const { workers: epochs, jobs } = stage().store.collections;
    let owners: string[] | null = null;
    for (let first = true; !over; first = false) {
      try {
        owners ??= (await epochs.find({ pid }).toArray()).map(({ _id }) => _id);
        const held = await jobs.countDocuments({ state: 'claimed', owner: { $in: owners } });
        if (first) kill.held = held;
        if (held === 0) {
          if (!first && kill.held > 0) kill.freedMs = now() - at;
          return;
        }
      } catch {
        // The store is away too: asked again.
      }
      await wait(LOOK_MS);
    }
  }

  async function happen(trouble: Trouble): Promise<void> {
    const { storeRoads, remoteRoads } = stage();
    switch (trouble.kind) {
      case 'kill': {
        if (trouble.when === 'at once') {
          killWorker(trouble.worker, trouble.downMs, 'killed');
          return;
        }
        let done = false;
        const kill = (text: string): void => {
          if (!done) killWorker(trouble.worker, trouble.downMs, text);
          done = true;
        };
        storeRoads[trouble.worker]?.loseNextAnswer(() => kill('killed at a write'));
        await wait(WRITE_WITHIN_MS);
        if (!done) storeRoads[trouble.worker]?.forgive();
        kill('killed, no write came');
        return;
      }
      case 'stall': {
        const process = processes[trouble.worker];
        if (process === null || process === undefined || process.over() !== null) return;
        process.send('SIGSTOP');
        stalled.add(trouble.worker);
        note(laneOf(trouble.worker), 'stall', `stopped for ${trouble.forMs} ms`, trouble.forMs);
        await wait(trouble.forMs);
        process.send('SIGCONT');
        stalled.delete(trouble.worker);
        return;
      }
      case 'kill store': {
        const process = stage().storeProcess();
        process.send('SIGKILL');
        note('store', 'kill', 'killed');
        killed('store', 0);
        await process.ended;
        await wait(trouble.downMs);
        await stage().startStore();
        note('store', 'start', 'serves again');
        return;
      }
      case 'cut store':
        storeRoads[trouble.worker]?.loseNextAnswer(() => note(laneOf(trouble.worker), 'cut', 'cut from the store after a write')); // prettier-ignore
        return;
      case 'cut remote':
        remoteRoads.get(trouble.remote)?.loseNextAnswer(() => note(trouble.remote, 'cut', 'cut after a write'));
        return;
      case 'away':
        remoteRoads.get(trouble.remote)?.setAway(true);
        note(trouble.remote, 'away', `away for ${trouble.forMs} ms`, trouble.forMs);
        await wait(trouble.forMs);
        remoteRoads.get(trouble.remote)?.setAway(false);
    }
  }

  return {
    happenings,
    kills,
    jobEnded() {
      const waiting = waitingForJob;
      waitingForJob = [];
      for (const kill of waiting) kill.nextJobMs = now() - kill.at;
    },
    async startWorkers() {
      for (let worker = 0; worker < workers; worker += 1) start(worker);
      await Promise.all(processes.flatMap((process) => process?.line(RUNS) ?? []));
    },
    async run(schedule) {
      const began = now();
      for (const trouble of schedule) {
        await wait(Math.max(0, began + trouble.at - now()));
        later(0, () => happen(trouble));
      }
      while (under.size > 0) await Promise.race([Promise.all(under), wait(1_000)]);
      if (failures.length > 0)
        throw new AggregateError(failures, `the runner failed: ${failures.map(String).join('; ')}`);
    },
    async end() {
      for (const worker of stalled) processes[worker]?.send('SIGCONT');
      for (const road of [...stage().storeRoads, ...stage().remoteRoads.values()]) road.forgive();
      for (const road of stage().remoteRoads.values()) road.setAway(false);
    },
    async stopWorkers() {
      over = true;
      const wrong: string[] = [];
      for (const [worker, process] of processes.entries()) {
        process?.send('SIGTERM');
        const how = await process?.ended;
        if (how !== 0 && how !== undefined) wrong.push(`${laneOf(worker)} ended with ${how} when it was told to stop.`);
      }
      return wrong;
    },
  };
}
