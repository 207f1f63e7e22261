import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { SyncError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { runSignal } from '../domain/run-signal.ts';
import type { EffectDocument } from '../store/documents.ts';
import { isStoreAway } from '../store/faults.ts';
import type { Store } from '../store/open-store.ts';
import { openTestStore, type TestStore } from '../store/test-store.ts';
import { systemClock, systemRandom } from '../system/clock.ts';
import { silentLog } from '../system/log.ts';
import { performEffect, type EffectPorts, type EffectSink, type EffectWanted } from './effects.ts';
import { openTestRemote, type TestRemote } from './test-remote.ts';

// A busy machine is slow, and no rule here is about speed.
jest.setTimeout(30_000);

const FIND = { by: 'find', settleMs: 5_000 } as const;
const NATIVE = { by: 'native', forMs: 10_000 } as const;
const NONE = { by: 'none' } as const;

let opened: TestStore;
let remote: TestRemote;
let now = Date.UTC(2026, 9, 1);
let keys = 0;
const clock: Clock = { now: () => now, sleep: systemClock.sleep };
const ahead: Clock = { now: () => now + 4_000, sleep: systemClock.sleep };
let aheadStore: Store;
beforeAll(async () => {
  opened = await openTestStore({ clock });
  // At once: the two measure the database's clock at almost the same moment, and theirs stand still between tests.
  aheadStore = await opened.another({ clock: ahead });
  remote = await openTestRemote(250);
});
beforeEach(() => {
  remote.answer = 'takes';
  remote.blind = false;
  remote.standIn.clearFaults();
});
afterAll(async () => {
  expect(remote.standIn.problems()).toEqual([]);
  await remote.close();
  await opened.close();
});

const REQUEST_MS = 1_000;
/** Of a worker whose lease is over. */
const OVER = runSignal(new AbortController().signal, () => false);

function effect(payload = '{"ship":1}'): EffectWanted {
  const key = `push-${(keys += 1)}`;
  return { key, connection: 'wms', verb: 'push', subject: `ord_${key}`, payload };
}

function ports(but: Partial<EffectPorts> = {}): EffectPorts {
  const { signal } = new AbortController();
  return {
    store: opened.store,
    random: systemRandom,
    log: silentLog,
    signal,
    requestMs: REQUEST_MS,
    ...but,
  };
}

function perform(wanted: EffectWanted, sink: EffectSink, but: Partial<EffectPorts> = {}): Promise<EffectDocument> {
  return performEffect(wanted, sink, ports(but));
}

async function failing(outcome: Promise<unknown>): Promise<SyncError> {
  const thrown = await outcome.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (thrown instanceof SyncError) return thrown;
  throw thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function stateOf(key: string): Promise<string> {
  return (await opened.store.effects.get(key))?.state ?? 'none';
}

/** Leaves an effect as a worker leaves it that is killed between `sending` and the answer. */
async function killed(wanted: EffectWanted, sink: EffectSink, arrived: boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const dying: EffectSink = {
      ...sink,
      async send(payload, key, signal) {
        if (arrived) await sink.send(payload, key, signal);
        resolve();
        return new Promise(() => undefined);
      },
    };
    perform(wanted, dying).catch(reject);
  });
  expect(await stateOf(wanted.key)).toBe('sending');
}

describe('an effect', () => {
  it.each([FIND, NATIVE, NONE])('is sent once, however often it is wanted ($by)', async (uniqueness) => {
    const wanted = effect();
    const sink = remote.sink(uniqueness);
    const first = await perform(wanted, sink);
    expect([first.state, first.externalId, first.attempts]).toEqual(['sent', `id-${wanted.key}`, 1]);
    expect(await perform(wanted, sink)).toEqual(await opened.store.effects.get(wanted.key));
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 0 });
  });

  it('sends what was frozen first, although its caller wants something else by now', async () => {
    const wanted = effect('{"ship":1}');
    remote.standIn.fail({ kind: '429' });
    expect((await failing(perform(wanted, remote.sink(FIND)))).fault).toBe('throttled');
    await perform({ ...wanted, payload: '{"ship":2}' }, remote.sink(FIND));
    expect(remote.records.get(wanted.key)).toEqual(['{"ship":1}']);
  });

  it('that the remote accepts for later is pending, and not sent again', async () => {
    const wanted = effect();
    remote.answer = 'accepts for later';
    expect((await perform(wanted, remote.sink(NONE))).state).toBe('pending');
    expect((await perform(wanted, remote.sink(NONE))).state).toBe('pending');
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 0 });
  });

  it('that the remote refuses is rejected for good, with the remote’s reason and a remedy', async () => {
    const wanted = effect();
    remote.answer = 'refuses';
    const error = await failing(perform(wanted, remote.sink(FIND)));
    expect([error.fault, error.code, await stateOf(wanted.key)]).toEqual(['data', 'refused-content', 'rejected']);
    remote.answer = 'takes';
    const again = await failing(perform(wanted, remote.sink(FIND)));
    expect([again.fault, again.code, again.remedy]).toEqual(['data', 'effect-rejected', error.remedy]);
    expect(again.message).toContain('refuses the content (status 422)');
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 0 });
  });

  it('that was refused and is wanted again is sent as it is wanted now: nothing of the old one is at the remote', async () => {
    const wanted = { ...effect('{"to":"wrong"}'), again: true };
    remote.answer = 'refuses';
    await failing(perform(wanted, remote.sink(FIND)));
    remote.answer = 'takes';
    expect((await perform({ ...wanted, payload: '{"to":"right"}' }, remote.sink(FIND))).state).toBe('sent');
    expect(remote.records.get(wanted.key)).toEqual(['{"to":"right"}']);
    const kept = await opened.store.effects.get(wanted.key);
    expect(kept === null ? null : await opened.store.effects.payloadOf(kept)).toBe('{"to":"right"}');
  });

  it.each([
    ['ready', '429'],
    ['unsure', 'cut-after-apply'],
  ] as const)('that is %s rests while the switch stands on shadow, and goes on after it', async (state, kind) => {
    const wanted = effect();
    remote.standIn.fail({ kind });
    await failing(perform(wanted, remote.sink(NATIVE)));
    expect(await stateOf(wanted.key)).toBe(state);
    const before = remote.asked(wanted.key);
    expect((await perform({ ...wanted, shadow: true }, remote.sink(NATIVE))).state).toBe(state);
    expect(remote.asked(wanted.key)).toEqual(before);
    expect((await perform(wanted, remote.sink(NATIVE))).state).toBe('sent');
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });

  it.each(['429', '401'] as const)(
    'that was certainly not done (%s) is ready, and sent the next time',
    async (kind) => {
      const wanted = effect();
      remote.standIn.fail({ kind });
      await failing(perform(wanted, remote.sink(NONE)));
      expect(await stateOf(wanted.key)).toBe('ready');
      expect((await perform(wanted, remote.sink(NONE))).state).toBe('sent');
      expect(remote.records.get(wanted.key)).toHaveLength(1);
    },
  );
});

describe('an effect whose reply was lost', () => {
  it.each(['cut-after-apply', 'timeout-after-apply', 'slow'] as const)(
    'although it was done (%s) is found, and not sent again',
    async (kind) => {
      const wanted = effect();
      remote.standIn.fail({ kind, ms: 1_000 });
      expect((await failing(perform(wanted, remote.sink(FIND)))).fault).toBe('unknown');
      expect(await stateOf(wanted.key)).toBe('unsure');
      const found = await perform(wanted, remote.sink(FIND));
      expect([found.state, found.externalId, found.cause]).toEqual(['sent', `id-${wanted.key}`, null]);
      expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 1 });
    },
  );

  it.each(['cut-before-apply', 'timeout', '5xx'] as const)(
    'and was not done (%s) is sent again only when absence counts',
    async (kind) => {
      const wanted = effect();
      remote.standIn.fail({ kind });
      expect((await failing(perform(wanted, remote.sink(FIND)))).fault).toBe('unknown');
      const settles = opened.store.clock.now() + 5_000;
      now += 4_999;
      const early = await failing(perform(wanted, remote.sink(FIND)));
      expect([early.fault, early.code, early.retryAt]).toEqual(['throttled', 'effect-settling', settles]);
      expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 1 });
      now += 1;
      expect((await perform(wanted, remote.sink(FIND))).state).toBe('sent');
      expect(remote.records.get(wanted.key)).toHaveLength(1);
    },
  );

  it('and that the remote decides about later is pending when it is found, and not taken for accepted', async () => {
    const wanted = effect();
    remote.answer = 'accepts for later';
    const sink: EffectSink = { ...remote.sink(FIND), decides: true };
    remote.standIn.fail({ kind: 'cut-after-apply' });
    await failing(perform(wanted, sink));
    now += 5_000;
    const found = await perform(wanted, sink);
    expect([found.state, found.externalId]).toEqual(['pending', `id-${wanted.key}`]);
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });

  it('and that no look-up can tell yet waits, however late it is', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: 'cut-after-apply' });
    await failing(perform(wanted, remote.sink(FIND)));
    now += 60_000;
    const unsure: EffectSink = { ...remote.sink(FIND), find: () => Promise.resolve('unsure') };
    const error = await failing(perform(wanted, unsure));
    expect([error.fault, error.retryAt, await stateOf(wanted.key)]).toEqual([
      'throttled',
      opened.store.clock.now() + 5_000,
      'unsure',
    ]);
  });

  it('at a remote that cannot be asked is left to a person, and never sent again', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: 'cut-after-apply' });
    await failing(perform(wanted, remote.sink(NONE)));
    now += 3_600_000;
    for (let asked = 0; asked < 2; asked += 1) {
      const error = await failing(perform(wanted, remote.sink(NONE)));
      expect([error.fault, error.code]).toEqual(['data', 'effect-unknown']);
      expect(error.remedy).toBe(
        'Look at the remote. If it is there, settle the effect as sent; if it is not, settle it as not sent and replay.',
      );
    }
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 0 });
    expect(await stateOf(wanted.key)).toBe('unsure');
  });

  it('is sent again at once where the remote refuses the second of a key', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: 'cut-after-apply' });
    await failing(perform(wanted, remote.sink(NATIVE)));
    const sent = await perform(wanted, remote.sink(NATIVE));
    expect([sent.state, sent.externalId]).toEqual(['sent', `id-${wanted.key}`]);
    expect(remote.asked(wanted.key)).toEqual({ writes: 2, looks: 0 });
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });

  it('is looked up where the remote has forgotten the key, counted from the first send that may have arrived', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: 'cut-after-apply', times: 2 });
    await failing(perform(wanted, remote.sink(NATIVE)));
    now += 9_999;
    await failing(perform(wanted, remote.sink(NATIVE)));
    now += 1;
    remote.forgetKeys();
    expect((await perform(wanted, remote.sink(NATIVE))).state).toBe('sent');
    expect(remote.asked(wanted.key)).toEqual({ writes: 2, looks: 1 });
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });
});

describe('an effect that is older than the restore of the store', () => {
  /** The same store, known to have been brought back just now. */
  function restored(): Partial<EffectPorts> {
    const at = opened.store.clock.now();
    return { store: { ...opened.store, effects: { ...opened.store.effects, restoredAt: async () => at } } };
  }

  it('is looked up where it may have been sent so long ago that the remote has forgotten its key', async () => {
    const wanted = { ...effect(), since: opened.store.clock.now() };
    await remote.sink(NATIVE).send(wanted.payload, wanted.key, new AbortController().signal);
    remote.forgetKeys();
    now += 10_000;
    expect((await perform(wanted, remote.sink(NATIVE), restored())).state).toBe('sent');
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 1 });
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });

  it('is looked up first where the backup has it as one that is still to be sent', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: 'throttled' });
    await failing(perform(wanted, remote.sink(FIND)));
    expect(await stateOf(wanted.key)).toBe('ready');
    // Sent after the backup was taken.
    await remote.sink(FIND).send(wanted.payload, wanted.key, new AbortController().signal);
    now += 60_000;
    const ports = restored();
    expect((await perform(wanted, remote.sink(FIND), ports)).state).toBe('sent');
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });

  it('is sent when it is not found after what was under way at the restore has settled, and then no more doubted', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: 'throttled' });
    await failing(perform(wanted, remote.sink(FIND)));
    now += 60_000;
    const ports = restored();
    expect((await failing(perform(wanted, remote.sink(FIND), ports))).code).toBe('effect-settling');
    now += 5_000;
    expect((await failing(perform(wanted, remote.sink(FIND), ports))).code).toBe('effect-settling');
    now += REQUEST_MS;
    expect((await perform(wanted, remote.sink(FIND), ports)).state).toBe('sent');
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });
});

describe('an effect that may have arrived', () => {
  it('is as unsure as before when sending it again was certainly not done', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: 'cut-after-apply' });
    await failing(perform(wanted, remote.sink(NATIVE)));
    remote.standIn.fail({ kind: '429' });
    await failing(perform(wanted, remote.sink(NATIVE)));
    await failing(perform(wanted, remote.sink(NATIVE), { signal: OVER }));
    expect(await stateOf(wanted.key)).toBe('unsure');
    now += 10_000;
    remote.forgetKeys();
    expect((await perform(wanted, remote.sink(NATIVE))).state).toBe('sent');
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });
});

describe('an effect whose worker was killed while it sent', () => {
  it('is found by the next when it had arrived', async () => {
    const wanted = effect();
    await killed(wanted, remote.sink(FIND), true);
    expect((await perform(wanted, remote.sink(FIND))).state).toBe('sent');
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 1 });
  });

  it('is not sent again before the settle time, not even where the look-up shows nothing', async () => {
    const wanted = effect();
    await killed(wanted, remote.sink(FIND), true);
    remote.blind = true;
    const early = await failing(perform(wanted, remote.sink(FIND)));
    expect([early.code, early.retryAt]).toEqual(['effect-settling', opened.store.clock.now() + 5_000]);
    now += 4_999;
    expect((await failing(perform(wanted, remote.sink(FIND)))).code).toBe('effect-settling');
    remote.blind = false;
    expect((await perform(wanted, remote.sink(FIND))).state).toBe('sent');
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });

  it('is sent by the next after the settle time when it had not arrived', async () => {
    const wanted = effect();
    await killed(wanted, remote.sink(FIND), false);
    expect((await failing(perform(wanted, remote.sink(FIND)))).code).toBe('effect-settling');
    now += 5_000;
    expect((await perform(wanted, remote.sink(FIND))).attempts).toBe(2);
    expect(remote.records.get(wanted.key)).toHaveLength(1);
  });

  it('is left to a person where the remote cannot be asked', async () => {
    const wanted = effect();
    await killed(wanted, remote.sink(NONE), false);
    expect((await failing(perform(wanted, remote.sink(NONE)))).code).toBe('effect-unknown');
    expect(remote.asked(wanted.key)).toEqual({ writes: 0, looks: 0 });
  });
});

describe('an effect on whose way to the remote the store went away', () => {
  it('is nobody’s fault and no case for a person: it is run again when the store is back, and found or sent once', async () => {
    const wanted = effect();
    const sink = remote.sink(NATIVE);
    const away = new mongoose.mongo.MongoNetworkError('read ECONNRESET');
    await expect(perform(wanted, { ...sink, send: () => Promise.reject(away) })).rejects.toBe(away);
    expect(await stateOf(wanted.key)).toBe('sending');
    expect((await perform(wanted, sink)).state).toBe('sent');
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 0 });
  });
});

describe('an effect of two workers whose clocks differ', () => {
  it('is settled by the clock of the database: one that is ahead sends no sooner', async () => {
    const later = { store: aheadStore };
    const wanted = effect();
    await killed(wanted, remote.sink(FIND), false);
    expect((await failing(perform(wanted, remote.sink(FIND)))).code).toBe('effect-settling');
    now += 2_500;
    const early = await failing(perform(wanted, remote.sink(FIND), later));
    expect(early.code).toBe('effect-settling');
    // What is left, less the few milliseconds between the two measurements.
    const waits = (early.retryAt ?? 0) - aheadStore.clock.now();
    expect(waits).toBeGreaterThan(0);
    expect(waits).toBeLessThanOrEqual(2_510);
    now += 2_510;
    expect((await perform(wanted, remote.sink(FIND), later)).state).toBe('sent');
  });
});

describe('an effect of a worker that stood still while another took it over', () => {
  it('is not refused by the answer that the first one hears too late', async () => {
    const wanted = effect();
    const other = await opened.another();
    const sink: EffectSink = {
      ...remote.sink(FIND),
      send: async () => {
        // Meanwhile another has looked it up and sent it, and the remote has taken it.
        await failing(perform(wanted, remote.sink(FIND), { store: other }));
        now += 5_000;
        await perform(wanted, remote.sink(FIND), { store: other });
        throw new SyncError('data', 'refused', { code: 'refused', remedy: 'Ask.' });
      },
    };
    const late = await failing(perform(wanted, sink));
    expect([late.fault, late.code]).toEqual(['transient', 'taken-over']);
    expect(await stateOf(wanted.key)).toBe('sent');
  });
});

describe('an effect of two workers at once', () => {
  it.each([FIND, NATIVE])('makes one remote record in each of twenty races ($by)', async (uniqueness) => {
    const other = await opened.another();
    for (let race = 0; race < 20; race += 1) {
      const wanted = effect();
      const sink = remote.sink(uniqueness);
      if (race % 4 === 3) remote.standIn.fail({ kind: 'cut-after-apply' });
      const ends = await Promise.allSettled([perform(wanted, sink), perform(wanted, sink, { store: other })]);
      for (const end of ends) {
        const code: unknown = end.status === 'rejected' && end.reason instanceof SyncError ? end.reason.code : 'sent';
        expect(['sent', 'taken-over', 'effect-settling', 'cut']).toContain(code);
      }
      now += 5_000;
      expect((await perform(wanted, sink)).state).toBe('sent');
      expect(remote.records.get(wanted.key)).toHaveLength(1);
    }
  });
});

describe('a worker', () => {
  it('whose lease is over sends nothing, and leaves the effect to be sent by the next', async () => {
    const wanted = effect();
    const late = await failing(perform(wanted, remote.sink(NONE), { signal: OVER }));
    expect([late.fault, await stateOf(wanted.key)]).toEqual(['transient', 'ready']);
    expect(remote.asked(wanted.key)).toEqual({ writes: 0, looks: 0 });
    expect((await perform(wanted, remote.sink(NONE))).state).toBe('sent');
  });

  it('that loses the store after the answer blames the store, and the next finds what was sent', async () => {
    const wanted = effect();
    const sink = remote.sink(FIND);
    const { effects } = opened.store;
    const change: Store['effects']['change'] = (before, set) =>
      set.state === 'sent' ? Promise.reject(new mongoose.mongo.MongoNetworkError('cut')) : effects.change(before, set);
    const store: Store = { ...opened.store, effects: { ...effects, change } };
    const thrown: unknown = await perform(wanted, sink, { store }).catch((error: unknown) => error);
    expect(isStoreAway(thrown)).toBe(true);
    expect((await perform(wanted, sink)).state).toBe('sent');
    expect(remote.asked(wanted.key)).toEqual({ writes: 1, looks: 1 });
  });

  it('cannot send what was erased, and says so', async () => {
    const wanted = effect();
    remote.standIn.fail({ kind: '429' });
    await failing(perform(wanted, remote.sink(FIND)));
    await opened.store.vault.erase(wanted.subject);
    const error = await failing(perform(wanted, remote.sink(FIND)));
    expect([error.fault, error.code]).toEqual(['data', 'erased']);
    await opened.store.vault.keysFor([wanted.subject]);
    expect((await failing(perform(wanted, remote.sink(FIND)))).code).toBe('erased');
    expect(remote.records.get(wanted.key)).toBeUndefined();
  });
});
