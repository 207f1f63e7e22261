import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { SyncError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { mayLeave } from '../domain/run-signal.ts';
import type { ClaimedJob, Wanted } from '../store/job-records.ts';
import type { Store } from '../store/open-store.ts';
import { openTestStore, type TestStore } from '../store/test-store.ts';
import { systemClock, systemRandom } from '../system/clock.ts';
import { silentLog } from '../system/log.ts';
import type { Handler, Result } from './handler.ts';
import { startScheduler } from './scheduler.ts';
import { fastClock, stallingClock } from './test-clock.ts';
import { startWorker, type Worker } from './worker.ts';

// Where a rule is about time it says so; a busy machine may take longer for the rest.
jest.setTimeout(30_000);

const KIND = 'push';
let opened: TestStore;
let workers: Worker[] = [];
beforeAll(async () => {
  opened = await openTestStore();
});
beforeEach(() => opened.clear());
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});
afterAll(() => opened.close());

function want(key: string, but: Partial<Wanted> = {}): Wanted {
  return { key, kind: KIND, lane: key, connection: 'shop', subject: key, prio: 2, ...but };
}

function handler(run: Handler['run'], but: Partial<Handler> = {}): Handler {
  return { kind: KIND, batch: 20, concurrency: 1, requestMs: 300, run, ...but };
}

async function work(one: Handler, clock: Clock = systemClock, store: Store = opened.store): Promise<Worker> {
  const settings = { store, handlers: [one], clock, random: systemRandom, log: silentLog, host: 'test' };
  const worker = await startWorker({ ...settings, pid: workers.length });
  workers.push(worker);
  return worker;
}

function done(jobs: readonly ClaimedJob[]): Result[] {
  return jobs.map((job) => ({ job, done: true }));
}

async function until(true_: () => boolean | Promise<boolean>, withinMs = 8_000): Promise<void> {
  const late = Date.now() + withinMs;
  while (!(await true_())) {
    if (Date.now() > late) throw new Error(`not within ${withinMs} ms`);
    await systemClock.sleep(10);
  }
}

function gate(): { readonly opens: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opens = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opens, open: () => open() };
}

/** What stands of the jobs, by key. */
async function standing(): Promise<Record<string, string>> {
  const rows = await opened.store.collections.jobs.find({}).sort({ _id: 1 }).toArray();
  return Object.fromEntries(rows.map(({ _id, state, cause }) => [_id, `${state} ${cause?.code ?? ''}`.trim()]));
}

describe('what follows from a job', () => {
  it('of the lane that the job holds is run as soon as that is free, and looked for once', async () => {
    const claims: string[] = [];
    const { store } = opened;
    const counting: Store = {
      ...store,
      jobs: {
        ...store.jobs,
        claim: async (kind, ...rest) => {
          const jobs = await store.jobs.claim(kind, ...rest);
          if (kind === 'next') claims.push(jobs.map(({ _id }) => _id).join());
          return jobs;
        },
      },
    };
    const next: Wanted = { ...want('b', { lane: 'one' }), kind: 'next' };
    const worker = await startWorker({
      store: counting,
      handlers: [
        handler((jobs) => Promise.resolve(jobs.map((job) => ({ job, done: true, enqueue: [next] })))),
        { ...handler((jobs) => Promise.resolve(done(jobs))), kind: 'next' },
      ],
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      host: 'test',
      pid: 0,
    });
    workers.push(worker);
    await until(() => claims.length === 1);
    await worker.enqueue([want('a', { lane: 'one' })]);
    await until(async () => claims.length > 1 && Object.keys(await standing()).length === 0);
    expect(claims.slice(0, 2)).toEqual(['', 'b']);
  });
});

describe('a worker that is stopped', () => {
  it('lets what runs end, and claims nothing more', async () => {
    const finish = gate();
    const ran: string[] = [];
    const worker = await work(
      handler(
        async (jobs) => {
          ran.push(...jobs.map(({ _id }) => _id));
          await finish.opens;
          return done(jobs);
        },
        { batch: 1 },
      ),
    );
    await worker.enqueue([want('a')]);
    await until(() => ran.length === 1);
    await worker.enqueue([want('b')]);
    const stopped = worker.stop();
    finish.open();
    await stopped;
    expect([ran, await standing()]).toEqual([['a'], { b: 'ready' }]);
    expect(await opened.store.collections.workers.countDocuments({ state: 'gone' })).toBe(1);
  });

  it('gives the jobs of a handler that is stuck back within ten seconds, and hears nothing more of it', async () => {
    const clock = fastClock(4);
    const stuck = gate();
    const results = gate();
    let signal: AbortSignal | null = null;
    const worker = await work(
      handler(async (jobs, context) => {
        ({ signal } = context);
        await stuck.opens;
        queueMicrotask(results.open);
        return done(jobs);
      }),
      clock,
    );
    await worker.enqueue([want('a'), want('b')]);
    await until(() => worker.running() === 2);
    const asked = clock.now();
    await worker.stop();
    const took = clock.now() - asked;
    expect(took).toBeGreaterThanOrEqual(7_900);
    expect(took).toBeLessThan(10_000);
    expect(signal).toMatchObject({ aborted: true });
    const given = await opened.store.collections.jobs.find({}).toArray();
    expect(given.map(({ state, owner, attempts }) => ({ state, owner, attempts }))).toEqual([
      { state: 'ready', owner: '', attempts: 0 },
      { state: 'ready', owner: '', attempts: 0 },
    ]);
    stuck.open();
    await results.opens;
    await until(() => worker.running() === 0);
    expect(await standing()).toEqual({ a: 'ready', b: 'ready' });
  });
});

describe('a batch that fails as a whole', () => {
  it.each<[string, () => Error, string]>([
    ['a bug of ours', () => new TypeError('cannot read properties of undefined'), 'bug'],
    ['a record', () => new SyncError('data', 'no such gateway', { code: 'unmapped', remedy: 'map it' }), 'unmapped'],
  ])('because of %s parks the one at fault, and its neighbours go on', async (_, fault, code) => {
    const sizes: number[] = [];
    const keys = Array.from({ length: 12 }, (__, i) => `k${10 + i}`);
    await opened.store.jobs.enqueue(
      keys.map((key) => want(key)),
      Date.now(),
    );
    await work(
      handler(async (jobs) => {
        sizes.push(jobs.length);
        if (jobs.some(({ _id }) => _id === 'k17')) throw fault();
        return done(jobs);
      }),
    );
    await until(async () => Object.values(await standing()).every((state) => state.startsWith('parked')));
    expect(await standing()).toEqual({ k17: `parked ${code}` });
    expect(sizes[0]).toBe(12);
  });

  it('because one connection is wrongly configured pauses that one, and not its neighbours in the batch', async () => {
    for (const id of ['right', 'wrong']) {
      await opened.store.connections.register({ id, connector: 'test', company: 'acme', mapping: 'm1' });
    }
    await opened.store.jobs.enqueue(
      [want('a', { connection: 'right' }), want('b', { connection: 'wrong' })],
      Date.now(),
    );
    await work(
      handler(async (jobs) => {
        if (jobs.some(({ connection }) => connection === 'wrong'))
          throw new SyncError('config', 'no', { remedy: 'renew' });
        return done(jobs);
      }),
    );
    await until(async () => (await standing())['a'] === undefined);
    await until(async () => (await opened.store.connections.paused()).length > 0);
    expect((await opened.store.connections.paused()).map(({ _id }) => _id)).toEqual(['wrong']);
  });
});

describe('a job that its handler forgot', () => {
  it('is parked as a fault of ours, and not held for as long as the worker lives', async () => {
    await opened.store.jobs.enqueue([want('a'), want('b'), want('c')], Date.now());
    await work(handler(async (jobs) => done(jobs.filter(({ _id }) => _id !== 'b'))));
    await until(async () => (await standing())['b'] !== 'claimed' && Object.keys(await standing()).length === 1);
    expect(await standing()).toEqual({ b: 'parked no-result' });
  });
});

describe('a fault of configuration', () => {
  it('pauses its connection with the cause, leaves its jobs as they were, and they go on when it is mended', async () => {
    for (const id of ['right', 'wrong']) {
      await opened.store.connections.register({ id, connector: 'test', company: 'acme', mapping: 'm1' });
    }
    let mended = false;
    const ran: string[] = [];
    const worker = await work(
      handler(async (jobs) =>
        jobs.map((job) => {
          ran.push(job._id);
          if (job.connection === 'right' || mended) return { job, done: true };
          const error = new SyncError('config', 'the credentials are not accepted', {
            code: 'unauthorized',
            remedy: 'renew them',
          });
          return { job, error };
        }),
      ),
    );
    await worker.enqueue([want('w1', { connection: 'wrong' }), want('r1', { connection: 'right' })]);
    await until(async () => (await opened.store.connections.paused()).length === 1);
    await worker.enqueue([want('w2', { connection: 'wrong' }), want('r2', { connection: 'right' })]);
    await until(() => ran.includes('r2'));
    await systemClock.sleep(1_200);
    const [paused] = await opened.store.connections.paused();
    expect([paused?._id, paused?.paused?.code, paused?.paused?.remedy]).toEqual([
      'wrong',
      'unauthorized',
      'renew them',
    ]);
    expect(await standing()).toEqual({ w1: 'ready', w2: 'ready' });
    expect((await opened.store.jobs.get('w1'))?.attempts).toBe(0);
    expect(ran.filter((key) => key.startsWith('w'))).toEqual(['w1']);
    mended = true;
    await opened.store.connections.resume('wrong');
    await until(async () => Object.keys(await standing()).length === 0);
  });
});

describe('a worker that stops without a word', () => {
  it('loses its jobs to another within five seconds, and cannot end them when it comes back', async () => {
    const clock = stallingClock();
    const late = gate();
    const finish = gate();
    let before = false;
    let after = true;
    const stalled = await work(
      handler(async (jobs, context) => {
        before = mayLeave(context.signal);
        await late.opens;
        after = mayLeave(context.signal);
        return done(jobs);
      }),
      clock,
    );
    await stalled.enqueue([want('a'), want('b')]);
    await until(() => stalled.running() === 2);
    const tokens = new Set((await opened.store.collections.jobs.find({}).toArray()).map(({ token }) => token));
    clock.stall();
    const stopped = Date.now();

    const other = await work(
      handler(async (jobs) => {
        await finish.opens;
        return done(jobs);
      }),
    );
    await until(() => other.running() === 2);
    const took = Date.now() - stopped;
    expect(took).toBeGreaterThan(1_500);
    expect(took).toBeLessThan(5_000);
    const held = await opened.store.collections.jobs.find({}).sort({ _id: 1 }).toArray();
    expect(held.map(({ state, token }) => [state, tokens.has(token)])).toEqual([
      ['claimed', false],
      ['claimed', false],
    ]);

    clock.goOn();
    late.open();
    await until(() => stalled.running() === 0);
    expect([before, after]).toEqual([true, false]);
    expect(await opened.store.collections.jobs.find({}).sort({ _id: 1 }).toArray()).toEqual(held);
    finish.open();
    await until(async () => Object.keys(await standing()).length === 0);
    // It goes on under a new epoch.
    await until(async () => (await opened.store.workers.alive(Date.now())).length === 2);
  }, 15_000);
});

describe('work whose worker died while its request was under way', () => {
  it('waits until that has arrived, also for a worker whose clock is ahead', async () => {
    const ahead: Clock = { now: () => Date.now() + 60_000, sleep: systemClock.sleep };
    const other = await opened.another({ clock: ahead });
    await opened.store.jobs.enqueue([want('a')], Date.now());
    await opened.store.jobs.claim(KIND, 1, 'died', Date.now(), []);
    const ran: string[] = [];
    const one = handler(
      async (jobs) => {
        ran.push(...jobs.map(({ _id }) => _id));
        return done(jobs);
      },
      { requestMs: 60_000 },
    );
    const worker = await work(one, ahead, other);
    await until(async () => (await standing())['a'] === 'ready');
    await worker.enqueue([want('b')]);
    await until(() => ran.includes('b'));
    await systemClock.sleep(1_500);
    expect(ran).toEqual(['b']);
  }, 15_000);
});

describe('a claim that a worker wrote after it was buried', () => {
  it('is freed by those who are alive, and nobody alive loses a job to them', async () => {
    const finish = gate();
    const ran: string[] = [];
    await opened.store.jobs.enqueue([want('a')], Date.now());
    await opened.store.jobs.claim(KIND, 1, 'buried', Date.now(), []);
    const hold: Handler['run'] = async (jobs) => {
      ran.push(...jobs.map(({ _id }) => _id));
      await finish.opens;
      return done(jobs);
    };
    const clock = fastClock(10);
    const first = await work(handler(hold), clock);
    await first.enqueue([want('b')]);
    await until(() => ran.includes('b'));
    await work(handler(hold), clock);
    await until(() => ran.includes('a'));
    finish.open();
    await until(async () => Object.keys(await standing()).length === 0);
    expect(ran.toSorted()).toEqual(['a', 'b']);
  });
});

describe('a claim whose answer was lost', () => {
  it('is given up with its epoch, and its jobs are run, though the worker lives on', async () => {
    const { jobs } = opened.store;
    let lost = 0;
    const claim: typeof jobs.claim = async (...asked) => {
      const claimed = await jobs.claim(...asked);
      if (claimed.length === 0 || lost > 0) return claimed;
      lost += claimed.length;
      throw new mongoose.mongo.MongoNetworkError('connection closed');
    };
    const ran: string[] = [];
    await opened.store.jobs.enqueue([want('a')], Date.now());
    await work(
      handler(async (claimed) => {
        ran.push(...claimed.map(({ _id }) => _id));
        return done(claimed);
      }),
      fastClock(10),
      { ...opened.store, jobs: { ...jobs, claim } },
    );
    await until(async () => Object.keys(await standing()).length === 0);
    expect([lost, ran]).toEqual([1, ['a']]);
  });
});

describe('work', () => {
  it('is run once each by two workers side by side, and so is what follows from it', async () => {
    const ran: string[] = [];
    const one = handler(
      async (jobs) => {
        ran.push(...jobs.map(({ _id }) => _id));
        return jobs.map((job) => ({ job, done: true, enqueue: job._id.startsWith('a') ? [want(`b${job._id}`)] : [] }));
      },
      { batch: 5, concurrency: 2 },
    );
    const [first, second] = [await work(one), await work(one)];
    const keys = Array.from({ length: 40 }, (_, i) => `a${i}`);
    await Promise.all([
      first.enqueue(keys.slice(0, 20).map((key) => want(key))),
      second.enqueue(keys.slice(20).map((key) => want(key))),
    ]);
    await until(async () => ran.length >= 80 && Object.keys(await standing()).length === 0);
    expect([...ran].sort()).toEqual([...keys, ...keys.map((key) => `b${key}`)].sort());
  });

  it('that follows from a job is under way since that one is, told in the middle of it or at its end', async () => {
    const worker = await work(
      handler(async (jobs, context) => {
        await context.enqueue([want('middle', { kind: 'next' })]);
        return jobs.map((job) => ({ job, done: true, enqueue: [want('end', { kind: 'next' })] }));
      }),
    );
    await opened.store.jobs.enqueue([want('first')], 1_000);
    worker.wake();
    await until(async () => (await opened.store.jobs.get('first')) === null);
    const at = async (key: string): Promise<number | undefined> => (await opened.store.jobs.get(key))?.at.getTime();
    expect([await at('middle'), await at('end')]).toEqual([1_000, 1_000]);
  });

  it('that is triggered in the middle of its run is run again, at the newer version', async () => {
    const finish = gate();
    const versions: number[] = [];
    const worker = await work(
      handler(async (jobs) => {
        versions.push(...jobs.map(({ wanted }) => wanted));
        if (versions.length === 1) await finish.opens;
        return done(jobs);
      }),
    );
    await worker.enqueue([want('a', { version: 1 })]);
    await until(() => versions.length === 1);
    await worker.enqueue([want('a', { version: 2 })]);
    finish.open();
    await until(async () => Object.keys(await standing()).length === 0);
    expect(versions).toEqual([1, 2]);
  });
});

describe('the scheduler', () => {
  it('only enqueues: its ticks become one job that waits for a worker, and a failing tick does not end it', async () => {
    let ticks = 0;
    const scheduler = startScheduler(
      [{ name: 'pull', cron: '* * * * * *', zone: 'Europe/Berlin', wanted: () => [want('pull:shop')] }],
      async (wanted) => {
        ticks += 1;
        if (ticks === 1) throw new Error('the store is away');
        await opened.store.jobs.enqueue(wanted, Date.now());
      },
      silentLog,
    );
    await until(() => ticks >= 3);
    await scheduler.stop();
    await until(async () => (await standing())['pull:shop'] === 'ready');
    expect(await standing()).toEqual({ 'pull:shop': 'ready' });
    const stopped = ticks;
    await systemClock.sleep(1_100);
    expect(ticks).toBe(stopped);
  });
});
