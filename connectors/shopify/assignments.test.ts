import { afterEach, describe, expect, it } from '@jest/globals';
import type { AssignmentSink } from '../../src/connector/contract.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import { readFulfilling } from './fulfilling.ts';
import { closeAll, connect, shop } from './sandbox-asking.ts';
import type { ShopifyStandIn } from './sandbox.ts';

afterEach(closeAll);

const PLACES = [
  { place: 'newark', location: 'gid://shopify/Location/9001' },
  { place: 'reno', location: 'gid://shopify/Location/9002' },
] as const;

interface Opened {
  readonly standIn: ShopifyStandIn;
  readonly sink: AssignmentSink;
  readonly order: ExternalId;
  readonly line: ExternalId;
  readonly units: number;
  readonly from: ExternalId;
  readonly to: ExternalId;
}

/** A line of several units that all stand at one location, and another location that keeps them too. */
async function several(): Promise<Opened> {
  const standIn = await shop();
  const { capabilities, client } = connect(standIn);
  const sink = capabilities.assignments;
  if (sink === undefined) throw new Error('Shopify takes assignments');
  const { orders, stock } = standIn.books();
  for (const { id, cancelled, lines } of orders) {
    if (cancelled || lines.some((line) => line.shipped + line.cancelled > 0)) continue;
    const { work } = await readFulfilling(client, id);
    const [first] = work;
    const to = PLACES.find(({ location }) => location !== first?.location);
    const from = PLACES.find(({ location }) => location === first?.location);
    if (work.length !== 1 || first?.status !== 'OPEN' || to === undefined || from === undefined) continue;
    for (const { line, remaining } of first.lines) {
      const sku = lines.find((each) => each.id === line)?.sku;
      if (remaining < 3 || !stock.some((level) => level.sku === sku && level.place === to.place)) continue;
      return { standIn, sink, order: id, line, units: remaining, from: from.location, to: to.location };
    }
  }
  throw new Error('the shop has no such order');
}

async function openAt({ standIn, order, line }: Opened, location: ExternalId): Promise<number> {
  const { work } = await readFulfilling(connect(standIn).client, order);
  return work
    .filter((each) => each.location === location && (each.status === 'OPEN' || each.status === 'IN_PROGRESS'))
    .flatMap(({ lines }) => lines)
    .reduce((sum, each) => sum + (each.line === line ? each.remaining : 0), 0);
}

/** One unit leaves from there, and the shop is told. */
async function tell({ standIn, order, line }: Opened, location: ExternalId): Promise<ExternalId> {
  const item = { key: 'confirm:1', order, location, lines: [{ line, quantity: 1 }], carrier: null, tracking: [] };
  const sink = connect(standIn).capabilities.confirmations;
  const sent = await sink?.send({ ...item, shippedAt: Date.parse('2026-11-20T10:00:00Z'), notify: true }, item.key);
  if (sent === undefined) throw new Error('Shopify takes confirmations');
  return sent.id;
}

describe('moving units of a line that others ship from the same location too', () => {
  it('takes none of the units of others for its own', async () => {
    const shopped = await several();
    const { sink, order, line, units, from, to } = shopped;
    await sink.send({ order, location: to, lines: [{ line, quantity: 1 }] }, 'assign:1');
    const second = { order, location: to, lines: [{ line, quantity: 2, others: 1 }] };
    expect(await sink.find('assign:2', second)).toBe('absent');
    await sink.send(second, 'assign:2');
    expect([await openAt(shopped, to), await openAt(shopped, from)]).toEqual([2, units - 2]);
    expect(await sink.find('assign:2', second)).toBe(order);
  });

  it('moves no more for what the shop was told of since it was decided', async () => {
    const shopped = await several();
    const { sink, order, line, units, from, to } = shopped;
    await sink.send({ order, location: to, lines: [{ line, quantity: 1 }] }, 'assign:1');
    await tell(shopped, to);
    await sink.send({ order, location: to, lines: [{ line, quantity: 2, others: 1 }], told: [] }, 'assign:2');
    expect([await openAt(shopped, to), await openAt(shopped, from)]).toEqual([1, units - 2]);
  });

  it('still moves what others need where something else had left before', async () => {
    const shopped = await several();
    const { sink, order, line, units, from, to } = shopped;
    await sink.send({ order, location: to, lines: [{ line, quantity: 1 }] }, 'assign:1');
    const told = [await tell(shopped, to)];
    await sink.send({ order, location: to, lines: [{ line, quantity: 2, others: 1 }], told }, 'assign:2');
    expect([await openAt(shopped, to), await openAt(shopped, from)]).toEqual([2, units - 3]);
  });

  it('fails for its own units, and not for those of others', async () => {
    const shopped = await several();
    const { sink, order, line, units, from, to } = shopped;
    await expect(
      sink.send({ order, location: to, lines: [{ line, quantity: units + 1 }] }, 'assign:1'),
    ).rejects.toMatchObject({ fault: 'data', code: 'not-movable' });
    expect(await openAt(shopped, from)).toBe(units);
    await sink.send({ order, location: to, lines: [{ line, quantity: units + 1, others: 1 }] }, 'assign:2');
    expect(await openAt(shopped, to)).toBe(units);
  });
});
