import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FulfillmentProvider, Observed } from '../../src/connector/contract.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import { parseMapping } from '../../src/connector/mapping/parse.ts';
import type { FulfillmentRequest } from '../../src/domain/fulfillment.ts';
import { orderId, type OrderId } from '../../src/domain/ids.ts';
import type { Order } from '../../src/domain/order.ts';
import { decideHold } from '../../src/flows/decide-hold.ts';
import type { Flow, FlowConnection } from '../../src/flows/flow.ts';
import { flowHandlers } from '../../src/flows/handlers.ts';
import { reopenForMapping } from '../../src/flows/remap.ts';
import { tryMapping } from '../../src/flows/try-mapping.ts';
import { wantPullOrders, wantPullStock } from '../../src/flows/wanted.ts';
import { startWorker, type Worker } from '../../src/jobs/worker.ts';
import type { OrderDocument } from '../../src/store/documents.ts';
import { Channel, TEST_SCOPE, type ToldOrder } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';

// Real workers, a real store, and holds that end by the real clock.
jest.setTimeout(30_000);

let rig: Rig;
let worker: Worker | null = null;
afterEach(async () => {
  await worker?.stop();
  worker = null;
  await rig.close();
});

const SHOP = TEST_SCOPE.connection;
const id = (externalId: string): OrderId => orderId(SHOP, externalId);
const mapping = (yaml: string): Mapping => parseMapping(`payments: { card: card }\n${yaml}`, 'm.yaml');

/** The channel with an address on each order, so that it can be handed on. */
class ShippingChannel extends Channel {
  override normalize(record: Observed, map: Mapping): Order {
    const order = super.normalize(record, map);
    const address = {
      name: 'B',
      company: null,
      lines: ['1 Way'],
      city: 'X',
      region: null,
      postcode: '1',
      country: 'US',
      phone: null,
    };
    return { ...order, personal: { ...order.personal, shippingAddress: address } };
  }
}

/** The rig's flow with a warehouse that ships from `east` and remembers what it was asked. */
function shipping(map: () => Mapping): {
  flow: Flow;
  channel: ShippingChannel;
  shop: FlowConnection;
  asked: FulfillmentRequest[];
  stopped: string[];
} {
  const asked: FulfillmentRequest[] = [];
  const stopped: string[] = [];
  const channel = new ShippingChannel();
  const provider: FulfillmentProvider = {
    async send(item) {
      asked.push(item);
      return { id: `w-${item.key}`, state: 'done' };
    },
    async cancel(key) {
      stopped.push(key);
      return 'cancelled';
    },
    uniqueness: { by: 'native', forMs: 86_400_000 },
    find: async (key) => (asked.some((item) => item.key === key) ? `w-${key}` : 'absent'),
  };
  const base = rig.flow.connections.get(SHOP);
  if (base === undefined) throw new Error('no connection');
  const { capabilities } = base;
  const shop: FlowConnection = {
    ...base,
    get mapping() {
      return map();
    },
    books: { ledger: 'erp', side: 'shop', maxLines: 100 },
    capabilities: { ...capabilities, orders: channel },
  };
  const warehouse: FlowConnection = {
    ...base,
    id: 'wms',
    mapping: mapping('methods: { "EXP-1": express }'),
    effects: { ...base.effects, push: 'on' },
    capabilities: { provider, check: async () => undefined },
  };
  const flow: Flow = {
    ...rig.flow,
    connections: new Map([
      [SHOP, shop],
      ['wms', warehouse],
    ]),
    shipsBy: new Map([['east', 'wms']]),
  };
  return { flow, channel, shop, asked, stopped };
}

async function start(flow: Flow): Promise<Worker> {
  const { store, clock, random, log } = flow;
  worker = await startWorker({ store, handlers: flowHandlers(flow), clock, random, log, host: 'test', pid: 1 });
  return worker;
}

async function pull(running: Worker): Promise<void> {
  await running.enqueue([wantPullStock(SHOP)]);
  await quiet();
  await running.enqueue([wantPullOrders(SHOP)]);
  await quiet();
}

/** Until nothing is due within the next moment: the end of a hold is later. */
async function quiet(): Promise<void> {
  while (await rig.store.jobs.open(new Date(Date.now() + 500), [])) await rig.flow.clock.sleep(20);
}

async function held(externalId: string): Promise<OrderDocument> {
  const [order] = await rig.store.orders.read([id(externalId)]);
  if (order === undefined) throw new Error(`no order ${externalId}`);
  return order;
}

const told = (externalId: string, but: Partial<ToldOrder> = {}): ToldOrder => ({
  id: externalId,
  version: 1,
  lines: [{ sku: 'A', quantity: 1 }],
  ...but,
});

async function until(there: () => boolean): Promise<void> {
  for (let round = 0; round < 600 && !there(); round += 1) await rig.flow.clock.sleep(20);
  expect(there()).toBe(true);
}

describe('a hold of a mapping', () => {
  it('keeps an order from its provider until its window is over, and then lets it go by itself', async () => {
    rig = await openRig();
    const map = mapping('holds:\n  - { name: edit-window, because: may change, for: 1m }\n');
    const { flow, channel, asked } = shipping(() => map);
    rig.stock.set('A@east', 5);
    const placedAt = Date.now() - 60_000 + 4_000;
    channel.tell(told('1', { placedAt }));
    await pull(await start(flow));
    const order = await held('1');
    expect([order.order.holds, order.plan?.applied, asked]).toEqual([
      [{ kind: 'rule', name: 'edit-window', reason: 'may change', until: placedAt + 60_000 }],
      true,
      [],
    ]);
    await until(() => asked.length === 1);
    expect(Date.now()).toBeGreaterThanOrEqual(placedAt + 60_000);
  });

  it('that a person lets go stays let go, also when a later revision or mapping says it again', async () => {
    rig = await openRig();
    let map = mapping(
      'holds:\n  - { name: large, because: look first, when: { path: "lines[0].quantity", above: 2 } }\n',
    );
    const { flow, channel, shop, asked } = shipping(() => map);
    rig.stock.set('A@east', 50);
    channel.tell(told('1', { lines: [{ sku: 'A', quantity: 3 }] }), told('2'));
    const running = await start(flow);
    await pull(running);
    await until(() => asked.length === 1);
    expect(asked.map(({ number }) => number)).toEqual(['#2']);

    const decision = { what: 'unhold', name: 'large', because: 'known customer', until: null } as const;
    expect(await decideHold(flow, id('1'), decision)).toEqual([]);
    await until(() => asked.length === 2);
    const freed = await held('1');
    expect([freed.revision, freed.order.holds, freed.trail.find(({ step }) => step === 'let go')?.text]).toEqual([
      2,
      [],
      'large: known customer',
    ]);
    // Once more decides nothing anew.
    expect(await decideHold(flow, id('1'), decision)).toEqual([]);
    expect((await held('1')).decisions?.map(({ what, name }) => [what, name])).toEqual([['unhold', 'large']]);

    channel.tell(told('1', { version: 2, lines: [{ sku: 'A', quantity: 4 }] }));
    await pull(running);
    expect([(await held('1')).revision, (await held('1')).order.holds]).toEqual([3, []]);
    map = mapping('holds:\n  - { name: large, because: look twice, when: { path: "lines[0].quantity", above: 1 } }\n');
    channel.tell(told('1', { version: 3, lines: [{ sku: 'A', quantity: 5 }] }));
    await pull(running);
    expect((await held('1')).order.holds).toEqual([]);
    expect(shop.mapping.version).toBe((await held('1')).mapping);
  });

  it('by a person calls back what is with the provider, survives an edit, and is let go by its name', async () => {
    rig = await openRig();
    const map = mapping('');
    const { flow, channel, asked, stopped } = shipping(() => map);
    rig.stock.set('A@east', 50);
    channel.tell(told('1'));
    const running = await start(flow);
    await pull(running);
    await until(() => asked.length === 1);
    await decideHold(flow, id('1'), { what: 'hold', name: 'call', because: 'the buyer calls back', until: null });
    await until(() => stopped.length === 1);
    channel.tell(told('1', { version: 2, lines: [{ sku: 'A', quantity: 2 }] }));
    await pull(running);
    expect((await held('1')).order.holds).toEqual([
      { kind: 'person', name: 'call', reason: 'the buyer calls back', until: null },
    ]);
    expect(asked).toHaveLength(1);
    await decideHold(flow, id('1'), { what: 'unhold', name: 'call', because: 'they called', until: null });
    await until(() => asked.length === 2);
    await expect(
      decideHold(flow, id('1'), { what: 'unhold', name: 'other', because: 'x', until: null }),
    ).rejects.toMatchObject({ code: 'no-such-hold', remedy: 'Nothing holds it that a person could let go.' });
  });
});

describe('a field rule', () => {
  it('that fails parks its order alone; a mapping that mends it lets it go on, and what it set reaches the provider', async () => {
    rig = await openRig();
    let map = mapping('rules:\n  - { to: method, from: name, then: { map: { fast: express } } }\n');
    const { flow, channel, shop, asked } = shipping(() => map);
    rig.stock.set('A@east', 5);
    channel.tell(told('1', { name: 'fast' }), told('2', { name: 'slow' }));
    await pull(await start(flow));
    await until(() => asked.length === 1);
    expect(asked.map(({ number, method }) => [number, method])).toEqual([['#1', 'EXP-1']]);
    const [parked] = await rig.store.jobs.parked({ limit: 5 });
    expect([parked?.subject, parked?.cause?.code, parked?.cause?.message]).toEqual([
      id('2'),
      'mapping-rule',
      'The rule for method (m.yaml:3) failed on order #2: "slow" stands not in `map` of the rule.',
    ]);
    map = mapping('rules:\n  - { to: method, from: name, then: { map: { fast: express, "*": standard } } }\n');
    expect(await reopenForMapping(flow, shop)).toBe(1);
    await until(() => asked.length === 2);
    expect(asked[1]).toMatchObject({ number: '#2', method: 'standard' });
    expect(await rig.store.jobs.parked({ limit: 5 })).toEqual([]);
  });
});

describe('a draft of a mapping', () => {
  it('is tried on real records: what changes, what money, what goes on and what is held; and nothing is written', async () => {
    rig = await openRig();
    const now = mapping('rules:\n  - { to: attributes.who, from: name, then: { map: { Ann: a, Bob: b } } }\n');
    const { flow, channel, shop } = shipping(() => now);
    rig.stock.set('A@east', 5);
    channel.tell(told('1', { name: 'Ann' }), told('2', { name: 'Bob', gateway: 'klarna' }), told('3', { name: 'Cid' }));
    await pull(await start(flow));
    await worker?.stop();
    worker = null;
    const draft = parseMapping(
      `
payments: { card: card, klarna: pay-later }
rules:
  - { to: attributes.who, from: name, then: { map: { Bob: bo, Cid: c, Ann: a } } }
  - { to: note, from: name, when: { path: name, is: Bob } }
holds:
  - { name: ann, because: ask Ann, when: { path: name, is: Ann } }
`,
      'draft.yaml',
    );
    const before = await everything();
    const trial = await tryMapping(flow, shop, draft, { last: 10, personal: false });
    expect(await everything()).toEqual(before);
    expect(trial).toEqual({
      connection: SHOP,
      looked: 3,
      changed: 3,
      erased: 0,
      orders: [
        {
          id: id('2'),
          number: '#2',
          fields: [
            { field: 'attributes.who', before: 'b', after: 'bo' },
            { field: 'payments[0].method', before: null, after: 'pay-later' },
            { field: 'personal.note', before: null, after: '•••' },
          ],
        },
      ],
      money: [
        { account: 'clearing', gateway: 'card', currency: 'USD', before: '10.00', after: '20.00', by: '10.00' },
        { account: 'clearing', gateway: 'pay-later', currency: 'USD', before: '0.00', after: '10.00', by: '10.00' },
        { account: 'deposit', gateway: null, currency: 'USD', before: '-10.00', after: '-30.00', by: '-20.00' },
      ],
      freed: [
        {
          id: id('3'),
          number: '#3',
          code: 'mapping-rule',
          message: 'The rule for attributes.who (m.yaml:3) failed on order #3: "Cid" stands not in `map` of the rule.',
        },
        { id: id('2'), number: '#2', code: 'unmapped-payment', message: 'The payment method "klarna" is not mapped.' },
      ],
      parked: [],
      held: [{ id: id('1'), number: '#1', code: 'ann', message: 'ask Ann' }],
      letGo: [],
    });
  });
});

/** All that is stored, as it is stored. */
async function everything(): Promise<unknown> {
  const { orders, raws, revisions, jobs, facts, levels, movements, keys, effects, cursors } = rig.store.collections;
  return Promise.all([
    ...[orders, raws, revisions, jobs].map(async (all) => all.find({}).sort({ _id: 1 }).toArray()),
    ...[facts, levels, movements, keys].map(async (all) => all.find({}).sort({ _id: 1 }).toArray()),
    ...[effects, cursors].map(async (all) => all.find({}).sort({ _id: 1 }).toArray()),
  ]);
}
