import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Capabilities, ShipmentSink } from '../../src/connector/contract.ts';
import { SyncError, type Fault } from '../../src/domain/errors.ts';
import type { AssignmentRequest, Confirmation } from '../../src/domain/fulfillment.ts';
import { fulfillmentKey } from '../../src/domain/fulfillment-key.ts';
import { orderId } from '../../src/domain/ids.ts';
import type { Assignment } from '../../src/domain/order.ts';
import { assignFulfillment } from '../../src/flows/assign-fulfillment.ts';
import { cancelFulfillment } from '../../src/flows/cancel-fulfillment.ts';
import { confirmShipment } from '../../src/flows/confirm-shipment.ts';
import { NO_EFFECTS, type Flow } from '../../src/flows/flow.ts';
import { fulfillOrder } from '../../src/flows/fulfill-order.ts';
import { parcelsOf } from '../../src/flows/parts.ts';
import {
  KIND,
  wantAllocateOrder,
  wantConfirmShipment,
  wantForFulfillment,
  wantFulfillOrder,
  wantPullOrder,
} from '../../src/flows/wanted.ts';
import type { Result } from '../../src/jobs/handler.ts';
import type { FulfillmentPart, ParcelPart } from '../../src/store/fulfillment-documents.ts';
import { askedPart } from './asked-part.ts';
import { TEST_SCOPE, type Channel } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';
import { runOne } from './run-one.ts';

/** One order of one line that several fulfillment orders ship from one place, and what its channel is asked and told. */
let rig: Rig;
let plain: Channel['normalize'];
beforeAll(async () => {
  rig = await openRig();
  plain = rig.channel.normalize.bind(rig.channel);
});
afterAll(() => rig.close());

let number = 0;
let order = '';
beforeEach(() => {
  number += 1;
  order = orderId(TEST_SCOPE.connection, `${number}`);
});

/** The rig with a channel that can be told, and calls each location as we do. */
function withChannel(capabilities: Partial<Capabilities>): Flow {
  const [channel] = rig.flow.connections.values();
  if (channel === undefined) throw new Error('there is no channel');
  const told = {
    ...channel,
    mapping: { ...channel.mapping, remote: (_table: string, ours: string) => ours },
    effects: { ...NO_EFFECTS, confirm: 'on' as const },
    capabilities: { ...channel.capabilities, ...capabilities },
  };
  return { ...rig.flow, connections: new Map([[channel.id, told]]) };
}

/** The order is there with so many units of one line, as the channel shows them, and with these parts. */
async function given(units: number, shown: Readonly<Record<string, number>>, parts: FulfillmentPart[]): Promise<void> {
  const assignments = Object.entries(shown).map(([location, remaining]): Assignment => ({
    externalId: `fo-${location}`,
    status: 'open',
    location,
    remoteLocation: location,
    method: 'shipping',
    lines: [{ line: '1', quantity: remaining, remaining }],
  }));
  rig.channel.normalize = (record, map) => ({ ...plain(record, map), assignments });
  rig.channel.tell({ id: `${number}`, version: number * 1_000, lines: [{ sku: 'a', quantity: units }] });
  const worker = await rig.worker();
  await worker.enqueue([wantPullOrder(TEST_SCOPE.connection, `${number}`)]);
  await rig.quiet();
  const before = await stored();
  await rig.store.orders.change([{ before, set: { fulfillments: parts }, trail: [] }]);
}

async function stored() {
  const [found] = await rig.store.orders.readForAllocation([order]);
  if (found === undefined) throw new Error('the order is not there');
  return found;
}

/** A part of which one unit has left in each of these parcels. */
function shipped(n: number, parcels: readonly Partial<ParcelPart>[], change: Partial<FulfillmentPart> = {}) {
  return askedPart(n, {
    state: 'closed',
    assigned: true,
    lines: [{ line: '1', sku: 'a', quantity: parcels.length }],
    shipments: [
      {
        externalId: `s${n}`,
        version: 1,
        status: 'shipped',
        reason: null,
        shippedAt: new Date(1_000),
        parcels: parcels.map((each) => ({
          carrier: null,
          tracking: null,
          url: null,
          items: [{ line: '1', sku: 'a', quantity: 1 }],
          units: [{ line: '1', quantity: 1 }],
          taken: true,
          confirmed: null,
          ...each,
        })),
      },
    ],
    ...change,
  });
}

/** What follows for the order's second part, and what the channel is asked to move for it. */
async function movedForSecond(): Promise<{ readonly next: readonly string[]; readonly asked: AssignmentRequest[] }> {
  const asked: AssignmentRequest[] = [];
  const flow = withChannel({
    assignments: {
      uniqueness: { by: 'find', settleMs: 0 },
      send: async (item) => {
        asked.push(item);
        return { id: item.order, state: 'done' };
      },
      find: async () => 'absent',
    },
  });
  const decided = await runOne(fulfillOrder(flow), wantFulfillOrder(order));
  const second = fulfillmentKey(order, 2);
  const next = 'enqueue' in decided ? (decided.enqueue ?? []).filter(({ subject }) => subject === second) : [];
  await runOne(assignFulfillment(flow), wantForFulfillment(KIND.assignFulfillment, TEST_SCOPE.connection, second));
  return { next: next.map(({ kind }) => kind), asked };
}

const request = (quantity: number, others: number, told: readonly string[] = []) => ({
  order: `${number}`,
  location: 'west',
  lines: [{ line: '1', quantity, others }],
  told,
});

describe('a part of a line whose other part is shipped from the same location', () => {
  it('is moved there at the channel, although as many units stand there for the other one', async () => {
    await given(2, { east: 1, west: 1 }, [askedPart(1, { assigned: true, state: 'pushed' }), askedPart(2)]);
    expect(await movedForSecond()).toEqual({ next: [KIND.assignFulfillment], asked: [request(2, 1)] });
  });

  it('is moved there also when the other one has left and the channel was not told yet', async () => {
    await given(2, { east: 1, west: 1 }, [shipped(1, [{}]), askedPart(2)]);
    expect(await movedForSecond()).toEqual({ next: [KIND.assignFulfillment], asked: [request(2, 1)] });
  });

  it('is asked for alone when the channel was told of the other one since it was read', async () => {
    await given(2, { east: 1, west: 1 }, [shipped(1, [{ confirmed: 'f1' }]), askedPart(2)]);
    const lines = [{ line: '1', quantity: 1 }];
    expect(await movedForSecond()).toEqual({
      next: [KIND.assignFulfillment],
      asked: [{ ...request(1, 0, ['f1']), lines }],
    });
  });

  it('is not moved where the units of both stand there', async () => {
    await given(2, { west: 2 }, [askedPart(1, { assigned: true, state: 'pushed' }), askedPart(2)]);
    expect(await movedForSecond()).toEqual({ next: [KIND.pushFulfillment], asked: [] });
  });

  it('does not take units for one that is not wanted any more', async () => {
    await given(2, { east: 1, west: 1 }, [
      askedPart(1, { assigned: true, state: 'pushed', unwanted: 'fewer units are wanted', cancel: 'asked' }),
      askedPart(2),
    ]);
    expect(await movedForSecond()).toEqual({ next: [KIND.pushFulfillment], asked: [] });
  });
});

/** Runs confirm with a channel that answers each number so, and says which numbers it was asked for. */
async function confirmed(
  answers: Readonly<Record<string, Fault>>,
): Promise<{ readonly result: Result; readonly asked: string[] }> {
  const asked: string[] = [];
  const flow = withChannel({
    confirmations: {
      uniqueness: { by: 'find', settleMs: 0 },
      send: async ({ tracking }) => {
        const [number = ''] = tracking.map((each) => each.number);
        asked.push(number);
        const fault = answers[number];
        if (fault !== undefined) throw new SyncError(fault, `no ${number}`, { code: `no-${number}`, remedy: 'Look.' });
        return { id: `f-${number}`, state: 'done' };
      },
      find: async () => 'absent',
    },
  });
  return { result: await runOne(confirmShipment(flow), wantConfirmShipment(TEST_SCOPE.connection, order)), asked };
}

const idsOf = async (): Promise<(string | null)[]> =>
  ((await stored()).fulfillments ?? []).flatMap(parcelsOf).map((parcel) => parcel.confirmed);

describe('a parcel that the channel refuses', () => {
  it('keeps none of the order’s others from the buyer, and is the case', async () => {
    await given(4, { west: 4 }, [
      shipped(1, [{ tracking: 'T1' }, { tracking: 'T2' }]),
      shipped(2, [{ tracking: 'T3' }, { tracking: 'T4' }]),
    ]);
    const first = await confirmed({ T1: 'data', T3: 'data' });
    expect(first.asked).toEqual(['T1', 'T2', 'T3', 'T4']);
    expect(first.result).toMatchObject({ error: { fault: 'data', code: 'no-T1' } });
    expect(await idsOf()).toEqual([null, 'f-T2', null, 'f-T4']);
    const again = await confirmed({});
    expect(again.asked).toEqual(['T1', 'T3']);
    expect(again.result).toMatchObject({ done: true });
    expect(await idsOf()).toEqual(['f-T1', 'f-T2', 'f-T3', 'f-T4']);
  });

  it.each(['throttled', 'transient', 'config', 'unknown'] as const)(
    'is not gone past where it is only for now: %s',
    async (fault) => {
      await given(3, { west: 3 }, [shipped(1, [{ tracking: 'T1' }, { tracking: 'T2' }, { tracking: 'T3' }])]);
      const { asked, result } = await confirmed({ T1: 'data', T2: fault });
      expect(asked).toEqual(['T1', 'T2']);
      expect(result).toMatchObject({ error: { fault, code: 'no-T2' } });
      expect(await idsOf()).toEqual([null, null, null]);
    },
  );
});

/** A channel that takes no key: what it was told of is known by what it looks like, and here all looks alike. */
class Alike {
  readonly ids: string[] = [];
  refuses = 0;

  readonly sink: ShipmentSink = {
    uniqueness: { by: 'find', settleMs: 0 },
    send: async (item) => {
      const known = this.#known(item);
      if (known !== undefined) return { id: known, state: 'done' };
      if (this.refuses > 0) {
        this.refuses -= 1;
        throw new SyncError('data', 'no', { remedy: 'Look.' });
      }
      const id = `f${this.ids.length + 1}`;
      this.ids.push(id);
      return { id, state: 'done' };
    },
    find: async (_key, item) => this.#known(item) ?? 'absent',
  };

  #known({ told = [] }: Confirmation): string | undefined {
    return this.ids.find((id) => !told.includes(id));
  }
}

describe('parcels of one order that look alike', () => {
  const tell = (channel: Alike): Promise<Result> =>
    runOne(
      confirmShipment(withChannel({ confirmations: channel.sink })),
      wantConfirmShipment(TEST_SCOPE.connection, order),
    );

  it('are told each for itself, those of one shipment and those of others', async () => {
    await given(4, { west: 4 }, [shipped(1, [{}, {}]), shipped(2, [{}])]);
    const channel = new Alike();
    expect(await tell(channel)).toMatchObject({ done: true });
    expect(await idsOf()).toEqual(['f1', 'f2', 'f3']);
    expect(channel.ids).toEqual(['f1', 'f2', 'f3']);
  });

  it('are told each for itself also when the first is refused, and told after the second', async () => {
    await given(2, { west: 2 }, [shipped(1, [{}, {}])]);
    const channel = new Alike();
    channel.refuses = 1;
    expect(await tell(channel)).toMatchObject({ error: { fault: 'data' } });
    expect(await idsOf()).toEqual([null, 'f1']);
    expect(await tell(channel)).toMatchObject({ done: true });
    expect(await idsOf()).toEqual(['f2', 'f1']);
  });

  it('are told each for itself also when a worker died before it could note the second', async () => {
    await given(2, { west: 2 }, [shipped(1, [{}, {}])]);
    const channel = new Alike();
    channel.ids.push('f1');
    const key = `confirm:${order}:1:s1:1`;
    const effect = { key, connection: TEST_SCOPE.connection, verb: 'confirm', subject: order, payload: '{}' };
    const { document } = await rig.store.effects.freeze(effect, Date.now());
    await rig.store.effects.change(document, { state: 'sent', externalId: 'f1' });
    expect(await tell(channel)).toMatchObject({ done: true });
    expect(await idsOf()).toEqual(['f2', 'f1']);
  });
});

describe('a part that is not wanted any more and was never sent', () => {
  it('is taken back, and a move for it that its channel had refused ends without a person', async () => {
    await given(1, { east: 1 }, [askedPart(1, { unwanted: 'the order was cancelled' })]);
    const cancel = wantForFulfillment(KIND.cancelFulfillment, 'depot', fulfillmentKey(order, 1));
    const move = wantForFulfillment(KIND.assignFulfillment, TEST_SCOPE.connection, fulfillmentKey(order, 1));
    const never = async (): Promise<never> => {
      throw new Error('nothing is to be moved');
    };
    const told = withChannel({ assignments: { uniqueness: { by: 'none' }, send: never, find: never } });
    const [channel] = told.connections.values();
    if (channel === undefined) throw new Error('there is no channel');
    const flow: Flow = { ...told, connections: new Map([...told.connections, ['depot', { ...channel, id: 'depot' }]]) };
    const result = await runOne(cancelFulfillment(flow), cancel);
    expect(result).toMatchObject({ done: true });
    expect((result.enqueue ?? []).map(({ key }) => key)).toEqual([wantAllocateOrder(order).key, move.key]);
    expect((await stored()).fulfillments?.[0]?.state).toBe('cancelled');
    expect(await runOne(assignFulfillment(flow), move)).toMatchObject({ done: true, enqueue: [] });
  });
});
