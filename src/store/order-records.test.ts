import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { OrderDocument, PlanDocument, TrailEntry } from './documents.ts';
import type { OrderChange, OrderRecords } from './order-records.ts';
import { testOrder } from './test-order.ts';
import { openTestStore, type TestStore } from './test-store.ts';

// A busy machine is slow, and no rule here is about speed.
jest.setTimeout(30_000);

const AT = new Date(Date.UTC(2026, 9, 1));

let opened: TestStore;
let orders: OrderRecords;
beforeAll(async () => {
  opened = await openTestStore();
  ({ orders } = opened.store);
});
beforeEach(() => opened.clear());
afterAll(() => opened.close());

function step(text: string): TrailEntry {
  return { at: AT, step: 'normalize', text, ref: null };
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `o${100 + i}`);
}

function mark(rows: readonly OrderDocument[], text: string): OrderChange[] {
  return rows.map((before) => ({ before, set: { mapping: text }, trail: [step(text)] }));
}

async function one(id: string): Promise<OrderDocument> {
  const [row] = await orders.read([id]);
  if (row === undefined) throw new Error(`no ${id}`);
  return row;
}

describe('orders that are seen for the first time', () => {
  it('are inserted once, and those that were there already are named and left as they are', async () => {
    expect(await orders.insert([testOrder('a'), testOrder('b')])).toEqual(new Set());
    expect(await orders.insert([testOrder('b', { mapping: 'later' }), testOrder('c')])).toEqual(new Set(['b']));
    expect((await orders.read(['a', 'b', 'c'])).map(({ _id, v, mapping }) => [_id, v, mapping])).toEqual([
      ['a', 1, 'm1'],
      ['b', 1, 'm1'],
      ['c', 1, 'm1'],
    ]);
  });

  it('have one inserter each when two workers insert the same hundred at once', async () => {
    const other = (await opened.another()).orders;
    const ids = names(100);
    const [ours, theirs] = await Promise.all([
      orders.insert(ids.map((id) => testOrder(id, { mapping: 'one' }))),
      other.insert(ids.toReversed().map((id) => testOrder(id, { mapping: 'two' }))),
    ]);
    expect(ours.size + theirs.size).toBe(100);
    for (const row of await orders.read(ids)) expect(row.mapping).toBe(ours.has(row._id) ? 'two' : 'one');
  });
});

describe('a change', () => {
  it('is applied over the version that was read, with its step in the trail', async () => {
    await orders.insert([testOrder('a', { waiting: ['S1'] })]);
    const first = await one('a');
    expect(
      await orders.change([
        { before: first, set: { stage: 'held' }, unset: ['waiting'], trail: [step('1'), step('2')] },
      ]),
    ).toEqual(new Set());
    const after = await one('a');
    expect([after.v, after.stage, after.waiting, after.trail.map(({ text }) => text)]).toEqual([
      2,
      'held',
      undefined,
      ['1', '2'],
    ]);
    expect(after.by).not.toBe(first.by);
  });

  it('of a stale version is refused, named, and changes nothing, while its neighbours are changed', async () => {
    await orders.insert(names(3).map((id) => testOrder(id)));
    const rows = await orders.read(names(3));
    await orders.change(mark(rows.slice(1, 2), 'winner'));
    expect(await orders.change(mark(rows, 'loser'))).toEqual(new Set(['o101']));
    expect((await orders.read(names(3))).map(({ v, mapping, trail }) => [v, mapping, trail.length])).toEqual([
      [2, 'loser', 1],
      [2, 'winner', 1],
      [2, 'loser', 1],
    ]);
  });

  it('of an order that is not there is refused', async () => {
    expect(await orders.change([{ before: { _id: 'none', v: 1 }, set: {}, trail: [] }])).toEqual(new Set(['none']));
    expect(await orders.read(['none'])).toEqual([]);
  });

  it('of a hundred orders by two writers at once has exactly one winner each, and each is told which', async () => {
    const other = (await opened.another()).orders;
    const ids = names(100);
    await orders.insert(ids.map((id) => testOrder(id)));
    for (let round = 2; round < 12; round += 1) {
      const rows = await orders.read(ids);
      const [ours, theirs] = await Promise.all([
        orders.change(mark(rows, 'one')),
        other.change(mark(rows.toReversed(), 'two')),
      ]);
      expect([...ours, ...theirs].sort()).toEqual(ids);
      for (const row of await orders.read(ids)) {
        expect([row.v, row.mapping, row.trail.length]).toEqual([round, ours.has(row._id) ? 'two' : 'one', round - 1]);
      }
    }
  });

  it('that makes the plan true says so in the plan that stands, and takes nothing else of it', async () => {
    const line = { line: 'l1', sku: 'S', location: 'east', quantity: 1 };
    const plan: PlanDocument = {
      rev: 3,
      revision: 1,
      lines: [line],
      prior: [line],
      waiting: [],
      why: [],
      applied: false,
      at: AT,
    };
    await orders.insert([testOrder('a', { plan })]);
    await orders.change([{ before: await one('a'), set: {}, applied: true, trail: [] }]);
    expect((await one('a')).plan).toEqual({ ...plan, applied: true, prior: [] });
  });
});

describe('superseded revisions', () => {
  it('are kept once each, in order, however often they are archived', async () => {
    for (const revision of [2, 1, 10, 2])
      await orders.archive([testOrder('a', { revision, mapping: `m${revision}` })], AT.getTime());
    await orders.archive([testOrder('a', { revision: 1, mapping: 'another' }), testOrder('ab', { revision: 1 })], 0);
    expect((await orders.revisions('a')).map(({ _id, mapping, at }) => [_id, mapping, at])).toEqual([
      ['a#1', 'm1', AT],
      ['a#2', 'm2', AT],
      ['a#10', 'm10', AT],
    ]);
  });
});

describe('what is found', () => {
  it('of a connection is every order whose version lies from one instant up to, not including, another', async () => {
    await orders.insert([9, 10, 19, 20].map((version) => testOrder(`v${version}`, { version })));
    await orders.insert([testOrder('elsewhere', { version: 15, connection: 'other' })]);
    expect((await orders.versions('shop', 10, 20)).map(({ _id, version }) => [_id, version]).sort()).toEqual([
      ['v10', 10],
      ['v19', 19],
    ]);
  });

  it('waiting for a SKU is every order that waits for it; nothing waits for a SKU that nobody waits for', async () => {
    await orders.insert([
      testOrder('a', { waiting: ['S1', 'S2'] }),
      testOrder('b', { waiting: ['S2'] }),
      testOrder('c'),
    ]);
    expect((await orders.waitedFor(['S1', 'S2', 'S3'])).toSorted()).toEqual(['S1', 'S2']);
    expect(await orders.waitedFor(['S3'])).toEqual([]);
    expect(await orders.waitedFor([])).toEqual([]);
  });

  it('in the line for a SKU is the oldest promise first, and from any place on, that one included', async () => {
    const at = (hour: number): Date => new Date(Date.UTC(2026, 9, 1, hour));
    const hours = { late: 9, first: 1, second: 5, twin: 5 };
    await orders.insert(
      Object.entries(hours).map(([id, hour]) => testOrder(id, { waiting: ['S'], promise: at(hour) })),
    );
    await orders.insert([testOrder('else', { waiting: ['T'], promise: at(0) })]);
    const line = await orders.waitingFor('S', 3);
    expect(line.map(({ promise }) => promise)).toEqual([at(1), at(5), at(5)]);
    const rest = await orders.waitingFor('S', 10, line[2]);
    expect(rest.map(({ id }) => id).toSorted()).toEqual(['late', 'second', 'twin']);
    expect(rest.at(-1)?.id).toBe('late');
  });

  it('for allocation is without what is sealed', async () => {
    await orders.insert([testOrder('a')]);
    const [row] = await orders.readForAllocation(['a']);
    expect(row).toMatchObject({ _id: 'a', v: 1, stage: 'captured' });
    expect(Object.keys(row ?? {})).not.toEqual(expect.arrayContaining(['personal']));
  });
});

describe('what is personal', () => {
  it('is read with the order’s own key, not under another order, and not after its erasure', async () => {
    const personal = { ...emptyPersonal, name: 'Zoë Ångström', email: 'zoe@example.org' };
    const sealed = await orders.sealPersonal('a', personal);
    await orders.sealPersonal('b', emptyPersonal);
    expect(await orders.openPersonal({ _id: 'a', personal: sealed })).toEqual(personal);
    await expect(orders.openPersonal({ _id: 'b', personal: sealed })).rejects.toMatchObject({ code: 'sealed-value' });
    await opened.store.vault.erase('a');
    expect(await orders.openPersonal({ _id: 'a', personal: sealed })).toBeNull();
  });
});

const emptyPersonal = {
  name: null,
  email: null,
  phone: null,
  customer: null,
  shippingAddress: null,
  billingAddress: null,
  note: null,
  attributes: {},
  ip: null,
  pickup: null,
};
