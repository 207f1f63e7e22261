import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LOCATIONS, openRig, type Rig } from '../../test/flows/rig.ts';
import { TEST_SCOPE, testMapping } from '../../test/flows/order-text.ts';
import { SyncError } from '../domain/errors.ts';
import type { Worker } from '../jobs/worker.ts';
import { openTally } from '../system/meter.ts';
import { patientRound, type RoundResult } from './patient-round.ts';

let rig: Rig;
let worker: Worker;

beforeEach(async () => {
  rig = await openRig({ mapping: testMapping('m1') });
  for (const location of LOCATIONS) rig.stock.set(`A@${location}`, 5);
  rig.channel.tell({ id: '1', version: 1, lines: [{ sku: 'A', quantity: 1 }] });
  worker = await rig.worker();
});
afterEach(() => rig.close());

async function round(signal = new AbortController().signal): Promise<RoundResult> {
  return patientRound({ flow: rig.flow, tally: openTally() }, worker, () => undefined, signal);
}

function failing(fault: 'transient' | 'config'): void {
  rig.channel.before = () => {
    throw new SyncError(fault, 'nobody there', { remedy: 'wait' });
  };
}

describe('a round', () => {
  it('leaves a remote that is away to the next, with what it said last, and does the rest', async () => {
    failing('transient');
    const result = await round();
    expect(result.stopped).toBeNull();
    expect([...result.away].map(([id, cause]) => [id, cause?.message])).toEqual([
      [TEST_SCOPE.connection, 'nobody there'],
    ]);
    expect(await rig.store.collections.levels.countDocuments({})).toBe(LOCATIONS.length);
  }, 30_000);

  it('asks a remote again at once that an earlier round gave up on, whatever its back-off', async () => {
    failing('transient');
    await round();
    await rig.store.collections.jobs.updateMany(
      { kind: 'pull-orders' },
      { $set: { due: new Date(rig.flow.clock.now() + 3_600_000) } },
    );
    rig.channel.before = () => undefined;
    const result = await round();
    expect(result.away.size).toBe(0);
    expect(await rig.store.collections.orders.countDocuments({ stage: 'allocated' })).toBe(1);
  }, 30_000);

  it('does not wait for a connection that is paused', async () => {
    failing('config');
    const result = await round();
    expect([result.away.size, result.stopped]).toEqual([0, null]);
    expect((await rig.store.connections.paused()).map(({ _id }) => _id)).toEqual([TEST_SCOPE.connection]);
  }, 30_000);

  it('ends when it is stopped, and says so', async () => {
    const stop = new AbortController();
    stop.abort(new Error('a signal'));
    expect((await round(stop.signal)).stopped).toBe('It was stopped.');
  });
});
