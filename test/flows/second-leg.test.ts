import { afterEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { z } from 'zod';
import { crossdock, startProduct } from './children.ts';
import { openRemotes, type Remotes, type RemotesOptions } from './remotes.ts';

/** Rounds of a small business, each in a process of its own, and what every remote has in its books afterwards. */
let remotes: Remotes | null = null;

afterEach(async () => {
  await remotes?.close();
  remotes = null;
});

async function open(options: RemotesOptions = {}): Promise<Remotes> {
  remotes = await openRemotes({ seed: 'second-leg', orders: 24, ...options });
  return remotes;
}

/** Turns switches of the connections whose id starts so. */
function turn(of: Remotes, ids: string, effects: Readonly<Record<string, string>>): void {
  of.configure(({ connections }) => {
    for (const connection of connections)
      if (connection.id.startsWith(ids))
        connection['effects'] = { ...z.record(z.string(), z.string()).parse(connection['effects'] ?? {}), ...effects };
  });
}

/** `npm start -- --once`; its summary, which ends with 0 differences between our books and the remotes'. */
async function round(of: Remotes): Promise<string> {
  const product = startProduct('--once', '--config', of.config);
  const code = await product.ended;
  const said = product.lines.join('\n');
  expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining(': 0 differences') });
  return said;
}

async function json<T>(of: Remotes, shape: z.ZodType<T>, ...args: readonly string[]): Promise<T> {
  const { code, out, err } = await crossdock(...args, '--json', '--config', of.config);
  expect({ args, code, err }).toMatchObject({ code: 0 });
  return shape.parse(JSON.parse(out));
}

const effects = z.array(z.looseObject({ key: z.string(), order: z.string().nullable(), payload: z.unknown() }));
const parked = z.array(z.looseObject({ code: z.string(), count: z.int() }));

const asked = async (of: Remotes, id: string): Promise<string[]> =>
  (await of.told(id)).requests.map(({ key }) => key).toSorted();

async function toldOfAll(of: Remotes): Promise<unknown> {
  return Promise.all(
    of.ids.map(async (id) => {
      const { requests, confirmations, documents } = await of.told(id);
      return {
        id,
        requests: requests.map(({ key, units }) => `${key} ${units}`).toSorted(),
        confirmations: confirmations
          .map(({ order, tracking, units }) => `${order} ${tracking.join()} ${units}`)
          .toSorted(),
        documents: documents.map(({ key, debit, credit }) => `${key} ${debit} ${credit}`).toSorted(),
      };
    }),
  );
}

describe('a switch', () => {
  it('turned from off lets go on what rested for it: what is planned is handed on, what left is confirmed', async () => {
    const of = await open();
    turn(of, 'shipbob', { push: 'off' });
    await round(of);
    expect([await asked(of, 'shipbob-us'), await asked(of, 'shipbob-eu')]).toEqual([[], []]);
    turn(of, 'shipbob', { push: 'on' });
    turn(of, 'harbour', { confirm: 'off' });
    await round(of);
    expect((await asked(of, 'shipbob-us')).length).toBeGreaterThan(4);
    const confirmed = async (): Promise<number> =>
      (await of.told('harbour-us')).confirmations.filter(({ tracking }) => tracking.join().startsWith('SB')).length;
    expect(await confirmed()).toBe(0);
    turn(of, 'harbour', { confirm: 'on' });
    await round(of);
    expect(await confirmed()).toBeGreaterThan(4);
  }, 60_000);

  it('on shadow shows each request without who it is for, sends none, and still sends none of them when turned on', async () => {
    const of = await open();
    turn(of, 'shipbob', { push: 'shadow' });
    await round(of);
    expect([await asked(of, 'shipbob-us'), await asked(of, 'shipbob-eu')]).toEqual([[], []]);
    const shown = await json(of, effects, 'shadow', 'list', '--verb', 'push');
    expect(shown.length).toBeGreaterThan(4);
    for (const { payload } of shown)
      expect(payload).toMatchObject({ recipient: '(personal)', lines: expect.any(Array) });

    turn(of, 'shipbob', { push: 'on' });
    await of.tell('harbour-us', 'do/tick', { orders: 3, changes: 0, counts: 0 });
    await round(of);
    const shadowed = new Set(shown.map(({ key }) => key));
    const sent = [...(await asked(of, 'shipbob-us')), ...(await asked(of, 'shipbob-eu'))];
    expect(sent.filter((key) => shadowed.has(key))).toEqual([]);
    expect(sent.length).toBeGreaterThan(0);
  }, 60_000);
});

describe('a store brought back from a backup', () => {
  it('sends, confirms and posts nothing a second time that was done since the backup', async () => {
    const of = await open({ ships: 'when told' });
    turn(of, 'harbour', { confirm: 'off' });
    turn(of, 'netsuite', { post: 'off' });
    await round(of);
    for (const id of ['shipbob-us', 'shipbob-eu'])
      for (const key of await asked(of, id)) await of.tell(id, 'do/ship', { order: key });
    await round(of);
    const backup = join(of.folder, 'before.db');
    expect((await crossdock('backup', backup, '--config', of.config)).code).toBe(0);
    // Since the backup: parcels are confirmed, new orders are handed on, the days are posted.
    turn(of, 'harbour', { confirm: 'on' });
    turn(of, 'netsuite', { post: 'on' });
    await of.tell('harbour-us', 'do/tick', { orders: 4, changes: 0, counts: 0 });
    const handed = (await asked(of, 'shipbob-us')).length;
    await round(of);
    const before = await toldOfAll(of);
    expect((await asked(of, 'shipbob-us')).length).toBeGreaterThan(handed);
    expect((await of.told('harbour-us')).confirmations.length).toBeGreaterThan(4);
    expect((await of.told('netsuite-us')).documents.length).toBeGreaterThan(4);
    expect((await crossdock('restore', backup, '--config', of.config)).code).toBe(0);
    await round(of);
    expect(await toldOfAll(of)).toEqual(before);
  }, 120_000);
});

describe('an order that is cancelled at the channel after its parcel left', () => {
  it('parks with what to do, is settled by a person’s word, and stays settled', async () => {
    const of = await open();
    turn(of, 'harbour', { confirm: 'off' });
    await round(of);
    const [key = ''] = await asked(of, 'shipbob-us');
    const id = /^push:(ord_.{22}):/.exec(key)?.[1] ?? '';
    const order = z.looseObject({ number: z.string() });
    const { number } = await json(of, order, 'orders', 'show', id);
    await of.tell('harbour-us', 'do/change', { order: number, kind: 'cancel' });
    turn(of, 'harbour', { confirm: 'on' });
    await round(of);
    const rejected = await json(of, effects, 'effects', 'list', '--state', 'rejected', '--verb', 'confirm');
    const refused = rejected.find(({ order }) => order === number);
    expect(refused).toMatchObject({ cause: expect.stringContaining('the order was cancelled') });
    const codes = async (): Promise<string[]> => (await json(of, parked, 'parked', 'list')).map(({ code }) => code);
    expect(await codes()).toContain('order-cancelled');

    const settle = ['effects', 'settle', refused?.key ?? '', '--as', 'dismissed', '--because', 'told by phone'];
    expect((await crossdock(...settle, '--config', of.config)).code).toBe(0);
    await round(of);
    expect(await codes()).not.toContain('order-cancelled');
    const { out } = await crossdock('orders', 'show', id, '--config', of.config);
    expect(out).toContain('confirm settled by hand as dismissed: told by phone');
    expect((await crossdock(...settle, '--config', of.config)).code).toBe(1);
    await round(of);
    expect(await codes()).not.toContain('order-cancelled');
  }, 120_000);
});

describe('what a provider does with a request', () => {
  it('is a case while it is held there, which ends by itself when it goes on', async () => {
    const of = await open({ ships: 'when told' });
    await round(of);
    const [key = ''] = await asked(of, 'shipbob-us');
    await of.tell('shipbob-us', 'do/hold', { order: key });
    await round(of);
    const held = (await json(of, parked, 'parked', 'list')).map(({ code }) => code);
    expect(held).toContain('held-at-provider');
    await of.tell('shipbob-us', 'do/release', { order: key });
    await of.tell('shipbob-us', 'do/ship', { order: key });
    await round(of);
    expect((await json(of, parked, 'parked', 'list')).map(({ code }) => code)).not.toContain('held-at-provider');
    const shipped = (await of.told('harbour-us')).confirmations.filter(({ tracking }) =>
      tracking.join().startsWith('SB'),
    );
    expect(shipped).toHaveLength(1);
  }, 120_000);

  it('that it cancels is planned at another place, under a key of its own, and never twice', async () => {
    const of = await open({ ships: 'when told' });
    await round(of);
    const before = await asked(of, 'shipbob-us');
    for (const key of before) await of.tell('shipbob-us', 'do/cancel', { order: key });
    await round(of);
    const after = await asked(of, 'shipbob-us');
    await round(of);
    // What two places keep goes to the other one; what no other keeps waits as a case. Neither is asked again and again.
    expect(await asked(of, 'shipbob-us')).toEqual(after);
    const fresh = after.filter((key) => !before.includes(key));
    expect(fresh.length).toBeGreaterThan(0);
    expect(fresh.filter((key) => !/^push:ord_.{22}:[2-4]$/.test(key))).toEqual([]);
    const [refused] = (await json(of, parked, 'parked', 'list')).filter(({ code }) => code === 'provider-refused');
    expect(refused?.count).toBeGreaterThan(0);
  }, 120_000);

  it('that leaves in several parcels is confirmed parcel by parcel, with the number of each', async () => {
    const of = await open({ ships: 'when told' });
    await round(of);
    const { requests } = await of.told('shipbob-us');
    for (const { key } of requests) {
      await of.tell('shipbob-us', 'do/split', { order: key });
      await of.tell('shipbob-us', 'do/ship', { order: key });
    }
    await round(of);
    const { shipments } = z
      .object({ shipments: z.array(z.looseObject({ tracking: z.string() })) })
      .parse(await of.ask('shipbob-us', 'books'));
    const told = (await of.told('harbour-us')).confirmations.flatMap(({ tracking }) => tracking);
    expect(told.filter((number) => number.startsWith('SB')).toSorted()).toEqual(
      shipments.map(({ tracking }) => tracking).toSorted(),
    );
    expect(shipments.length).toBeGreaterThan(requests.length);
  }, 120_000);
});

describe('a document that the ERP refused', () => {
  it('is posted when that is mended, also where posting was switched off meanwhile', async () => {
    const of = await open();
    const today = new Date().toISOString().slice(0, 10);
    for (const id of ['netsuite-us', 'netsuite-eu']) await of.tell(id, 'do/close-period', { through: today });
    await round(of);
    expect((await of.told('netsuite-us')).documents).toEqual([]);
    turn(of, 'netsuite', { post: 'off' });
    expect((await crossdock('parked', 'replay', '--all', '--config', of.config)).code).toBe(0);
    await round(of);
    for (const id of ['netsuite-us', 'netsuite-eu']) await of.tell(id, 'do/close-period', { through: '2000-01-01' });
    turn(of, 'netsuite', { post: 'on' });
    await round(of);
    const books = z.array(z.looseObject({ state: z.string() }));
    const states = (await json(of, books, 'books', 'list')).map(({ state }) => state);
    expect([...new Set(states)]).toEqual(['agreed']);
    expect((await of.told('netsuite-us')).documents.length).toBeGreaterThan(4);
  }, 120_000);
});

describe('a document that is changed in the ERP', () => {
  it('is found by the next reading, named to the line, and nothing is posted over it', async () => {
    const of = await open();
    await round(of);
    const before = (await of.told('netsuite-us')).documents;
    const books = z.array(z.looseObject({ key: z.string(), externalId: z.string(), differences: z.int() }));
    const [posted] = await json(of, books, 'books', 'list', '--state', 'agreed');
    await of.tell(posted?.key.includes('harbour-us') === true ? 'netsuite-us' : 'netsuite-eu', 'do/edit', {
      id: posted?.externalId,
      line: 0,
      account: '999',
    });
    expect((await crossdock('books', 'reconcile', posted?.key ?? '', '--config', of.config)).code).toBe(0);
    await round(of);
    const differing = await json(of, books, 'books', 'list', '--state', 'differs');
    expect(differing.map(({ key }) => key)).toEqual([posted?.key]);
    expect(differing[0]?.differences).toBeGreaterThan(0);
    expect((await of.told('netsuite-us')).documents).toHaveLength(before.length);
  }, 120_000);
});
