import { afterEach, describe, expect, it } from '@jest/globals';
import type { ShipmentSink } from '../../src/connector/contract.ts';
import type { Confirmation } from '../../src/domain/fulfillment.ts';
import { readFulfilling } from './fulfilling.ts';
import { closeAll, connect, shop } from './sandbox-asking.ts';
import type { ShopifyStandIn } from './sandbox.ts';

afterEach(closeAll);

interface Opened {
  readonly standIn: ShopifyStandIn;
  readonly sink: ShipmentSink;
  readonly item: Confirmation;
}

/** A parcel with everything that stands open at one location of the first fitting order. */
async function parcel(): Promise<Opened> {
  const standIn = await shop();
  const sink = connect(standIn).capabilities.confirmations;
  if (sink === undefined) throw new Error('Shopify takes confirmations');
  for (const order of standIn.books().orders) {
    if (order.cancelled || order.lines.some(({ shipped, cancelled }) => shipped + cancelled > 0)) continue;
    const { location, lines } = await openAt(standIn, order.id);
    // Of a line of several the shop can take one away.
    if (location === null || lines.length < 2 || (lines[0]?.quantity ?? 0) < 2) continue;
    const item: Confirmation = {
      key: `confirm:${order.id}:1`,
      order: order.id,
      location,
      lines,
      carrier: 'UPS',
      tracking: [{ number: '1Z-17', url: 'https://tracking.invalid/1Z-17' }],
      shippedAt: Date.parse('2026-11-20T10:00:00Z'),
      notify: true,
    };
    return { standIn, sink, item };
  }
  throw new Error('the shop has no such order');
}

async function openAt(
  standIn: ShopifyStandIn,
  order: string,
): Promise<{ location: string | null; lines: { line: string; quantity: number }[] }> {
  const { client } = connect(standIn);
  const { work } = await readFulfilling(client, order);
  const [first] = work.filter(({ status }) => status === 'OPEN');
  const lines = (first?.lines ?? []).flatMap(({ line, remaining }) =>
    remaining > 0 ? [{ line, quantity: remaining }] : [],
  );
  return { location: first?.location ?? null, lines };
}

const toldOf = (standIn: ShopifyStandIn, order: string): number[] => {
  const found = standIn.books().orders.find(({ id }) => id === order);
  return (found?.lines ?? []).map(({ shipped }) => shipped);
};

describe('telling a shop what left', () => {
  it('tells it every unit of the parcel, and finds it afterwards', async () => {
    const { standIn, sink, item } = await parcel();
    expect(await sink.find(item.key, item)).toBe('absent');
    const { id, state, short } = await sink.send(item, item.key);
    expect([state, short]).toEqual(['done', undefined]);
    expect(await sink.find(item.key, item)).toEqual({ id });
    expect(toldOf(standIn, item.order).reduce((sum, units) => sum + units, 0)).toBe(
      item.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    );
  });

  it('tells it once, however often it is asked to', async () => {
    const { standIn, sink, item } = await parcel();
    const first = await sink.send(item, item.key);
    const shipped = toldOf(standIn, item.order);
    expect(await sink.send(item, item.key)).toEqual(first);
    expect(toldOf(standIn, item.order)).toEqual(shipped);
  });

  it('leaves out what was cancelled meanwhile, says how much, and finds that parcel too', async () => {
    const { standIn, sink, item } = await parcel();
    await standIn.tell('change', { order: item.order, kind: 'edit-reduce' });
    const sent = await sink.send(item, item.key);
    expect(sent.short).toEqual({ units: 1, why: 'Shopify wants them shipped no more' });
    expect(await sink.find(item.key, item)).toEqual({ id: sent.id, short: sent.short });
    expect(await sink.send(item, item.key)).toEqual(sent);
    expect(toldOf(standIn, item.order).reduce((sum, units) => sum + units, 0)).toBe(
      item.lines.reduce((sum, { quantity }) => sum + quantity, 0) - 1,
    );
  });

  it('refuses to tell of a cancelled order, in words for a person', async () => {
    const { standIn, sink, item } = await parcel();
    await standIn.tell('change', { order: item.order, kind: 'cancel' });
    await expect(sink.send(item, item.key)).rejects.toMatchObject({
      fault: 'data',
      code: 'order-cancelled',
      remedy: expect.stringContaining('crossdock effects settle'),
    });
  });

  it('tells nothing of units that stand at another location', async () => {
    const { standIn, sink, item } = await parcel();
    const elsewhere = ['9001', '9002', '9003', '9004']
      .map((tail) => `gid://shopify/Location/${tail}`)
      .find((location) => location !== item.location);
    await expect(sink.send({ ...item, location: elsewhere ?? '' }, item.key)).rejects.toMatchObject({
      fault: 'data',
      code: 'not-assigned',
    });
    expect(toldOf(standIn, item.order).every((units) => units === 0)).toBe(true);
  });

  it('tells of a parcel without numbers whole or not at all', async () => {
    const { standIn, sink, item } = await parcel();
    const bare = { ...item, carrier: null, tracking: [] };
    await standIn.tell('change', { order: item.order, kind: 'edit-reduce' });
    await expect(sink.send(bare, bare.key)).rejects.toMatchObject({ fault: 'data', code: 'nothing-left' });
    expect(toldOf(standIn, item.order).every((units) => units === 0)).toBe(true);
  });

  it.each([
    ['has many numbers', Array.from({ length: 30 }, (_, at) => `CARTON-${at + 1}`)],
    ['names a number twice', ['PRO-17', 'PRO-17']],
  ])('finds a parcel again that %s', async (_how, numbers) => {
    const { sink, item } = await parcel();
    const freight = { ...item, tracking: numbers.map((number) => ({ number, url: null })) };
    const { id } = await sink.send(freight, item.key);
    expect(await sink.find(item.key, freight)).toEqual({ id });
  });

  it.each([
    ['without numbers', []],
    ['with one number for all', [{ number: 'PRO-17', url: null }]],
  ])('tells of each of two equal parcels %s', async (_how, tracking) => {
    const { standIn, sink, item } = await parcel();
    const lines = item.lines.slice(0, 1).map(({ line }) => ({ line, quantity: 1 }));
    const equal = { ...item, lines, tracking };
    const first = await sink.send(equal, 'confirm:1');
    const second = { ...equal, told: [first.id] };
    expect(await sink.find('confirm:2', second)).toBe('absent');
    const other = await sink.send(second, 'confirm:2');
    expect(other.id).not.toBe(first.id);
    expect(toldOf(standIn, item.order).reduce((sum, units) => sum + units, 0)).toBe(2);
    expect(await sink.find('confirm:2', second)).toEqual({ id: other.id });
    expect(await sink.find('confirm:1', { ...equal, told: [other.id] })).toEqual({ id: first.id });
    expect(await sink.send(second, 'confirm:2')).toEqual(other);
  });

  it('finds the first of several that could be the parcel, but sooner one with all of its units', async () => {
    const { sink, item } = await parcel();
    const [line, ...others] = item.lines;
    if (line === undefined) throw new Error('the parcel is empty');
    const one = { ...item, lines: [{ ...line, quantity: 1 }] };
    const more = { ...item, lines: [{ ...line, quantity: 1 }, ...others] };
    const first = await sink.send(one, 'confirm:1');
    const second = await sink.send({ ...more, told: [first.id] }, 'confirm:2');
    expect(await sink.find('confirm:2', more)).toEqual({ id: second.id });
    expect(await sink.find('confirm:3', { ...item, told: [] })).toMatchObject({ id: first.id });
  });
});
