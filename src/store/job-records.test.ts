import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ParkCause } from './documents.ts';
import { PRIORITY, type ClaimedJob, type JobRecords, type Wanted } from './job-records.ts';
import { openTestStore, type TestStore } from './test-store.ts';

// A busy machine is slow, and no rule here is about speed.
jest.setTimeout(30_000);

const T0 = Date.UTC(2026, 9, 1);
const KIND = 'normalize-order';

let opened: TestStore;
let jobs: JobRecords;
beforeAll(async () => {
  opened = await openTestStore();
  jobs = opened.store.jobs;
});
beforeEach(() => opened.clear());
afterAll(() => opened.close());

function want(key: string, but: Partial<Wanted> = {}): Wanted {
  return { key, kind: KIND, lane: key, connection: 'shop', subject: key, prio: PRIORITY.downstream, ...but };
}

function cause(code: string, but: Partial<ParkCause> = {}): ParkCause {
  return {
    fault: 'data',
    code,
    message: 'm',
    remedy: 'r',
    field: null,
    needs: [],
    remoteId: null,
    at: new Date(T0),
    ...but,
  };
}

async function claimed(limit = 10, now = T0, owner = 'w1'): Promise<string[]> {
  return (await jobs.claim(KIND, limit, owner, now, [])).map((job) => job._id);
}

async function claimOne(now = T0): Promise<ClaimedJob> {
  const [job] = await jobs.claim(KIND, 1, 'w1', now, []);
  if (job === undefined) throw new Error('nothing to claim');
  return job;
}

async function stateOf(key: string): Promise<string> {
  return (await jobs.get(key))?.state ?? 'gone';
}

async function park(key: string, by: ParkCause, connection = 'shop'): Promise<void> {
  await jobs.enqueue([want(key, { connection })], T0);
  const [job] = await jobs.claim(KIND, 1, 'w1', T0, []);
  if (job?._id !== key) throw new Error(`${key} was not claimed`);
  await jobs.end([{ job, end: 'parked', cause: by }], T0);
}

describe('what is enqueued', () => {
  it('is one job however often and in whatever order its versions are named, wanted at the newest', async () => {
    await jobs.enqueue([want('a', { version: 2 }), want('a', { version: 5 }), want('a', { version: 3 })], T0);
    await jobs.enqueue([want('a', { version: 4 })], T0 + 1);
    const rows = await opened.store.collections.jobs.find({}).toArray();
    expect(
      rows.map(({ _id, wanted, state, attempts, due }) => ({ _id, wanted, state, attempts, due: due.getTime() })),
    ).toEqual([{ _id: 'a', wanted: 5, state: 'ready', attempts: 0, due: T0 }]);
  });

  it('is inserted once when two workers enqueue the same hundred at the same moment, and none is lost', async () => {
    const other = (await opened.another()).jobs;
    const wants = Array.from({ length: 100 }, (_, i) => want(`k${i}`, { version: 1 }));
    await Promise.all([jobs.enqueue(wants, T0), other.enqueue([...wants].reverse(), T0), jobs.enqueue(wants, T0)]);
    expect(await opened.store.collections.jobs.countDocuments({ state: 'ready', wanted: 1 })).toBe(100);
  });

  it('keeps the stronger priority: a hint lifts a backfill, a backfill does not lower a hint', async () => {
    await jobs.enqueue([want('a', { prio: PRIORITY.backfill })], T0);
    await jobs.enqueue([want('a', { prio: PRIORITY.hint })], T0);
    await jobs.enqueue([want('a', { prio: PRIORITY.backfill })], T0);
    expect((await jobs.get('a'))?.prio).toBe(PRIORITY.hint);
  });

  it('at a version is brought forward from its back-off; a tick without a version waits it out', async () => {
    await jobs.enqueue([want('versioned', { version: 1 }), want('tick')], T0);
    const held = await jobs.claim(KIND, 2, 'w1', T0, []);
    await jobs.end(
      held.map((job) => ({ job, end: 'again', due: T0 + 60_000, attempt: true, last: null })),
      T0,
    );
    await jobs.enqueue([want('versioned', { version: 2 }), want('tick')], T0 + 10);
    expect((await jobs.get('versioned'))?.due.getTime()).toBe(T0 + 10);
    expect((await jobs.get('tick'))?.due.getTime()).toBe(T0 + 60_000);
  });

  it('never delays what waits already, and waits for its own due time where nothing does', async () => {
    await jobs.enqueue([want('now', { version: 1 }), want('later', { version: 1, due: T0 + 500 })], T0);
    await jobs.enqueue([want('now', { version: 2, due: T0 + 9_000 })], T0);
    expect((await jobs.get('now'))?.due.getTime()).toBe(T0);
    expect(await claimed(10, T0 + 499)).toEqual(['now']);
    expect(await claimed(10, T0 + 500)).toEqual(['later']);
  });

  it('is under way since the earliest that asked for it, also where it stands already', async () => {
    const at = async (key: string): Promise<number | undefined> => (await jobs.get(key))?.at.getTime();
    await jobs.enqueue([want('a', { version: 1, since: T0 - 70 }), want('a', { version: 2 }), want('tick')], T0);
    expect([await at('a'), await at('tick')]).toEqual([T0 - 70, T0]);
    await jobs.enqueue([want('a', { version: 3, since: T0 - 90 }), want('tick', { since: T0 - 5 })], T0 + 10);
    await jobs.enqueue([want('a', { version: 4 }), want('tick', { since: T0 + 99 })], T0 + 20);
    expect([await at('a'), await at('tick')]).toEqual([T0 - 90, T0 - 5]);
  });

  it('with nothing in it touches nothing', async () => {
    const before = opened.store.roundTrips();
    await jobs.enqueue([], T0);
    expect(opened.store.roundTrips()).toBe(before);
  });
});

describe('which kinds have work', () => {
  const due = async (now: number, paused: readonly string[] = []): Promise<string[]> =>
    [...(await jobs.due([KIND, 'push', 'never'], now, paused))].sort();

  it('is told of those asked for, at once or from their due time on, and not of what is claimed', async () => {
    await jobs.enqueue([want('a'), want('b', { kind: 'push', due: T0 + 500 }), want('c', { kind: 'other' })], T0);
    expect([await due(T0), await due(T0 + 500)]).toEqual([[KIND], [KIND, 'push']]);
    await claimOne();
    expect([await due(T0), await due(T0 + 500)]).toEqual([[], ['push']]);
  });

  it('leaves out what belongs to a paused connection', async () => {
    await jobs.enqueue([want('a', { connection: 'paused' }), want('b', { kind: 'push' })], T0);
    expect(await due(T0, ['paused'])).toEqual(['push']);
    expect(await jobs.due([], T0, [])).toEqual(new Set());
  });
});

describe('a trigger while the job runs', () => {
  it.each<[string, Partial<Wanted>]>([
    ['of a newer version', { version: 2 }],
    ['without a version', {}],
  ])('%s makes it ready again when it ends, at once', async (_, but) => {
    await jobs.enqueue([want('a', but.version === undefined ? {} : { version: 1 })], T0);
    const job = await claimOne();
    await jobs.enqueue([want('a', but)], T0 + 5);
    expect(await stateOf('a')).toBe('claimed');
    await jobs.end([{ job, end: 'done' }], T0 + 9);
    const after = await jobs.get('a');
    expect([after?.state, after?.owner, after?.attempts, after?.due.getTime()]).toEqual(['ready', '', 0, T0 + 9]);
  });

  it('of the version that runs already does not run it again', async () => {
    await jobs.enqueue([want('a', { version: 3 })], T0);
    const job = await claimOne();
    await jobs.enqueue([want('a', { version: 3 }), want('a', { version: 2 })], T0);
    await jobs.end([{ job, end: 'done' }], T0);
    expect(await stateOf('a')).toBe('gone');
  });

  it('does not hold its finished neighbours of the batch back', async () => {
    await jobs.enqueue([want('a', { version: 1 }), want('b', { version: 1 })], T0);
    const held = await jobs.claim(KIND, 10, 'w1', T0, []);
    await jobs.enqueue([want('b', { version: 2 })], T0);
    await jobs.end(
      held.map((job) => ({ job, end: 'done' })),
      T0,
    );
    expect([await stateOf('a'), await stateOf('b')]).toEqual(['gone', 'ready']);
  });

  it('revives it where that run parks it', async () => {
    await jobs.enqueue([want('a', { version: 1 }), want('b', { version: 1 })], T0);
    const held = await jobs.claim(KIND, 10, 'w1', T0, []);
    await jobs.enqueue([want('a', { version: 2 })], T0);
    await jobs.end(
      held.map((job) => ({ job, end: 'parked', cause: cause('unmapped') })),
      T0 + 1,
    );
    expect([await stateOf('a'), await stateOf('b')]).toEqual(['ready', 'parked']);
    expect((await jobs.get('a'))?.cause).toBeNull();
  });
});

describe('a finished job', () => {
  it('can be wanted again', async () => {
    for (const version of [1, 1, 2]) {
      await jobs.enqueue([want('a', { version })], T0);
      const job = await claimOne();
      expect(job.wanted).toBe(version);
      await jobs.end([{ job, end: 'done' }], T0);
      expect(await stateOf('a')).toBe('gone');
    }
  });
});

describe('a claim', () => {
  it('takes one job per lane, and the next of it when that one has ended', async () => {
    await jobs.enqueue(
      [want('a1', { lane: 'a' }), want('b1', { lane: 'b' }), want('a2', { lane: 'a', due: T0 + 1 })],
      T0,
    );
    const first = await jobs.claim(KIND, 10, 'w1', T0 + 1, []);
    expect(first.map(({ _id }) => _id).sort()).toEqual(['a1', 'b1']);
    expect(await claimed(10, T0 + 1)).toEqual([]);
    await jobs.end(
      first.map((job) => ({ job, end: 'done' })),
      T0 + 1,
    );
    expect(await claimed(10, T0 + 1)).toEqual(['a2']);
  });

  it('skips a lane that a job of another kind is busy with', async () => {
    await jobs.enqueue(
      [want('normalize', { lane: 'ord_1' }), want('allocate', { lane: 'ord_1', kind: 'allocate-order' })],
      T0,
    );
    expect(await claimed()).toEqual(['normalize']);
    expect(await jobs.claim('allocate-order', 10, 'w2', T0, [])).toEqual([]);
  });

  it('looks past busy lanes: what stands first in them hides nobody behind', async () => {
    const spans = ['s1', 's2', 's3'].map((key) => want(key, { lane: 'backfill:shop', prio: PRIORITY.backfill }));
    await jobs.enqueue(spans, T0);
    expect(await claimed(1)).toEqual(['s1']);
    await jobs.enqueue([want('other', { lane: 'backfill:other', prio: PRIORITY.backfill })], T0 + 1);
    expect(await claimed(1, T0 + 1)).toEqual(['other']);
  });

  it('goes by priority, then by due time: a hint overtakes a backfill of thousands', async () => {
    await jobs.enqueue(
      Array.from({ length: 2_000 }, (_, i) => want(`backfill${i}`, { prio: PRIORITY.backfill })),
      T0,
    );
    await jobs.enqueue([want('poll', { prio: PRIORITY.poll }), want('hint', { prio: PRIORITY.hint })], T0 + 1);
    await jobs.enqueue([want('hint2', { prio: PRIORITY.hint }), want('person', { prio: PRIORITY.operator })], T0 + 2);
    expect(await claimed(5, T0 + 2)).toEqual(['person', 'hint', 'hint2', 'poll', expect.stringContaining('backfill')]);
  });

  it('leaves what is not due and what belongs to a paused connection alone', async () => {
    await jobs.enqueue(
      [want('a'), want('b', { connection: 'paused' }), want('c', { due: T0 + 1 }), want('d', { kind: 'other' })],
      T0,
    );
    const taken = await jobs.claim(KIND, 10, 'w1', T0, ['paused']);
    expect(taken.map(({ _id }) => _id)).toEqual(['a']);
    expect(await stateOf('b')).toBe('ready');
  });

  it('shares no job among three claimers at once, and leaves none behind', async () => {
    const claimers = [jobs, (await opened.another()).jobs, (await opened.another()).jobs];
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    for (let race = 0; race < 50; race += 1) {
      await jobs.enqueue(
        keys.map((key) => want(key, { version: race + 1 })),
        T0,
      );
      const taken: ClaimedJob[] = [];
      while (taken.length < keys.length) {
        const shares = await Promise.all(claimers.map((each, owner) => each.claim(KIND, 12, `w${owner}`, T0, [])));
        taken.push(...shares.flat());
      }
      expect(taken.map(({ _id }) => _id).sort()).toEqual([...keys].sort());
      await jobs.end(
        taken.map((job) => ({ job, end: 'done' })),
        T0,
      );
      expect(await opened.store.collections.jobs.countDocuments({})).toBe(0);
    }
  });
});

describe('an end under an old token', () => {
  it.each(['done', 'again', 'parked'] as const)(
    '(%s) of a worker whose job was taken over changes nothing',
    async (end) => {
      await jobs.enqueue([want('a')], T0);
      const zombie = await claimOne();
      expect(await jobs.freeAll('w1', () => T0, [KIND])).toBe(1);
      const [holder] = await jobs.claim(KIND, 1, 'w2', T0, []);
      const before = await jobs.get('a');
      expect([before?.state, before?.owner]).toEqual(['claimed', 'w2']);
      await jobs.end([zombieEnding(zombie, end)], T0 + 1);
      expect(await jobs.get('a')).toEqual(before);
      if (holder === undefined) throw new Error('not claimed again');
      await jobs.end([{ job: holder, end: 'done' }], T0 + 2);
      expect(await stateOf('a')).toBe('gone');
    },
  );

  it('changes nothing either while its job is only freed, or when it was finished and enqueued anew', async () => {
    await jobs.enqueue([want('a', { version: 1 })], T0);
    const zombie = await claimOne();
    await jobs.freeAll('w1', () => T0, [KIND]);
    await jobs.end([zombieEnding(zombie, 'done')], T0 + 1);
    expect(await stateOf('a')).toBe('ready');
    await jobs.end([{ job: await claimOne(), end: 'done' }], T0);
    await jobs.enqueue([want('a', { version: 1 })], T0);
    await jobs.end([zombieEnding(zombie, 'done'), zombieEnding(zombie, 'parked')], T0 + 1);
    expect(await stateOf('a')).toBe('ready');
  });
});

function zombieEnding(job: ClaimedJob, end: 'done' | 'again' | 'parked'): Parameters<JobRecords['end']>[0][number] {
  if (end === 'done') return { job, end };
  if (end === 'again') return { job, end, due: T0 + 99_000, attempt: true, last: cause('late') };
  return { job, end, cause: cause('late') };
}

describe('an end', () => {
  it('counts an attempt only where one was made, and keeps the last failure', async () => {
    await jobs.enqueue([want('a')], T0);
    await jobs.end([{ job: await claimOne(), end: 'again', due: T0 + 7, attempt: true, last: cause('away') }], T0);
    const failed = await jobs.get('a');
    expect([failed?.attempts, failed?.last?.code, failed?.due.getTime()]).toEqual([1, 'away', T0 + 7]);
    await jobs.end([{ job: await claimOne(T0 + 7), end: 'again', due: T0 + 8, attempt: false, last: null }], T0);
    const waited = await jobs.get('a');
    expect([waited?.attempts, waited?.last?.code]).toEqual([1, 'away']);
    expect(await jobs.hasten([KIND], T0 + 1)).toBe(1);
    const hastened = await jobs.get('a');
    expect([hastened?.attempts, hastened?.due.getTime()]).toEqual([0, T0 + 1]);
  });
});

describe('what an owner held', () => {
  it('is freed for all of its kinds, each at its own due time, and nobody else’s is', async () => {
    await jobs.enqueue([want('a'), want('b', { kind: 'push' }), want('c', { kind: 'push', due: T0 + 1 })], T0);
    await jobs.claim(KIND, 10, 'dead', T0, []);
    await jobs.claim('push', 10, 'dead', T0, []);
    await jobs.claim('push', 10, 'alive', T0 + 1, []);
    const before = opened.store.roundTrips();
    const kinds = [KIND, 'push', ...Array.from({ length: 25 }, (_, n) => `kind ${n}`)];
    expect(await jobs.freeAll('dead', (kind) => T0 + (kind === 'push' ? 30_000 : 0), kinds)).toBe(2);
    // Two different waits: a heartbeat is not held up by one command for each of many kinds.
    expect(opened.store.roundTrips() - before).toBe(2);
    expect((await jobs.get('a'))?.due.getTime()).toBe(T0);
    expect((await jobs.get('b'))?.due.getTime()).toBe(T0 + 30_000);
    expect(await jobs.claim('push', 10, 'alive', T0 + 29_999, [])).toEqual([]);
    const held = await jobs.get('c');
    expect([held?.state, held?.owner]).toEqual(['claimed', 'alive']);
  });
});

describe('who holds jobs', () => {
  it('is every owner of a claimed job, once, and nobody else', async () => {
    await jobs.enqueue([want('a'), want('b'), want('c', { kind: 'push' }), want('d', { due: T0 + 1 })], T0);
    expect(await jobs.owners()).toEqual([]);
    await jobs.claim(KIND, 10, 'w1', T0, []);
    await jobs.claim('push', 10, 'w2', T0, []);
    expect((await jobs.owners()).toSorted()).toEqual(['w1', 'w2']);
  });
});

describe('a parked job', () => {
  it('is revived by something new that comes for it, without its old attempts and cause', async () => {
    await park('a', cause('unmapped'));
    await jobs.enqueue([want('a', { version: 7 })], T0 + 3);
    const revived = await jobs.get('a');
    expect([revived?.state, revived?.attempts, revived?.cause, revived?.due.getTime()]).toEqual([
      'ready',
      0,
      null,
      T0 + 3,
    ]);
  });

  it('is named by its kind of fault', async () => {
    await park('a', cause('unmapped'));
    await park('b', cause('broken', { fault: 'bug' }));
    expect(await jobs.parkedFor(['bug'])).toEqual([{ _id: 'b', kind: KIND, connection: 'shop', subject: 'b' }]);
  });

  it('does not block its lane', async () => {
    await jobs.enqueue([want('a1', { lane: 'a' })], T0);
    await jobs.end([{ job: await claimOne(), end: 'parked', cause: cause('unmapped') }], T0);
    await jobs.enqueue([want('a2', { lane: 'a' })], T0);
    expect(await claimed()).toEqual(['a2']);
  });

  it('is replayed by key, connection, code, fault or what it needs, each alone and all together', async () => {
    const filters = [
      [{ keys: ['a', 'x'] }, ['a']],
      [{ connection: 'two' }, ['b', 'c']],
      [{ code: 'unmapped' }, ['a', 'c']],
      [{ faults: ['bug', 'config'] }, ['b']],
      [{ needs: ['payments/paypal'] }, ['c']],
      [{ connection: 'two', code: 'unmapped' }, ['c']],
      [{ connection: 'one', faults: ['bug'] }, []],
      [{ keys: [] }, []],
      [{}, ['a', 'b', 'c']],
    ] as const;
    for (const [filter, expected] of filters) {
      await opened.clear();
      await park('a', cause('unmapped', { needs: ['payments/klarna'] }), 'one');
      await park('b', cause('broken', { fault: 'bug' }), 'two');
      await park('c', cause('unmapped', { needs: ['payments/x', 'payments/paypal'] }), 'two');
      expect(await jobs.replay(filter, T0 + 4)).toBe(expected.length);
      const ready = await opened.store.collections.jobs.find({ state: 'ready' }).sort({ _id: 1 }).toArray();
      expect(ready.map(({ _id }) => _id)).toEqual(expected);
      expect(new Set(ready.map(({ prio }) => prio))).toEqual(new Set(expected.length === 0 ? [] : [PRIORITY.operator]));
      expect([...(await jobs.parkedOf(['a', 'b', 'c']))].sort()).toEqual(
        ['a', 'b', 'c'].filter((key) => !ready.some(({ _id }) => _id === key)),
      );
    }
  });

  it('is never replayed while it is only waiting or under way', async () => {
    await jobs.enqueue([want('a'), want('b')], T0);
    await claimOne();
    expect(await jobs.replay({}, T0)).toBe(0);
  });
});
