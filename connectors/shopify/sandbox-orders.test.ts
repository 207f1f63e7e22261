import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, it, expect } from '@jest/globals';
import type { Observed } from '../../src/connector/contract.ts';
import { parseMapping } from '../../src/connector/mapping/parse.ts';
import { business } from '../../src/connector/sandbox/business/business.ts';
import { checkTotals } from '../../src/domain/order-totals.ts';
import {
  ask,
  clock,
  closeAll,
  connect,
  goOn,
  LIST,
  listAll,
  pulled,
  SEED,
  shop,
  TODAY,
  type Listed,
} from './sandbox-asking.ts';
import { rawOrders, startStandIn, type ShopifyStandIn } from './sandbox.ts';

afterEach(closeAll);

describe('orders of the stand-in', () => {
  let standIn: ShopifyStandIn;
  let records: readonly Observed[];
  const connections = ['harbour-us', 'harbour-eu'] as const;

  beforeAll(async () => {
    standIn = await startStandIn({ config: { connection: 'harbour-us' }, seed: SEED, today: TODAY, clock });
    records = await pulled(standIn);
  });
  afterAll(() => standIn.close());

  it('are pulled by the connector to the byte as `rawOrders` gives them without HTTP', () => {
    const raw = new Map(
      [...rawOrders(business({ seed: SEED, today: TODAY }), 'harbour-us')].map((each) => [each.id, each]),
    );
    expect(records.length).toBe(raw.size);
    for (const record of records) expect(record).toEqual(raw.get(record.id));
  });

  it('are the ids and versions of its own books', () => {
    const books = standIn.books().orders.map(({ id, version }) => [id, version]);
    expect(records.map(({ id, version }) => [id, version]).toSorted()).toEqual(books.toSorted());
  });

  it.each(connections)(
    'of %s add up by the domain’s rule, all but the one that is misstated by 3.00',
    async (connection) => {
      const map = parseMapping(
        await readFile(join(import.meta.dirname, `../../mappings/sandbox-${connection}.yaml`), 'utf8'),
        connection,
      );
      const told = business({ seed: SEED, today: TODAY });
      const source = connect(standIn).capabilities.orders;
      const wrong: unknown[] = [];
      for (const record of rawOrders(told, connection)) {
        const order = source?.normalize(record, map);
        if (order)
          for (const difference of checkTotals(order)) wrong.push([order.number, difference.piece, difference.by]);
      }
      expect(wrong).toEqual(
        connection === 'harbour-us'
          ? [
              ['#1018', 'total', -300],
              ['#1018', 'total', -300],
            ]
          : [],
      );
    },
  );

  it('become the quantities that the books have, line by line', async () => {
    const map = parseMapping(
      await readFile(join(import.meta.dirname, '../../mappings/sandbox-harbour-us.yaml'), 'utf8'),
      'us',
    );
    const source = connect(standIn).capabilities.orders;
    const books = new Map(standIn.books().orders.map((order) => [order.id, order]));
    for (const record of records) {
      const order = source?.normalize(record, map);
      const lines = order?.lines.map(({ externalId, ordered, cancelled, shipped, returned }) => ({
        id: externalId,
        ordered,
        cancelled,
        shipped,
        returned,
      }));
      const truth = books
        .get(record.id)
        ?.lines.map(({ id, ordered, cancelled, shipped, returned }) => ({ id, ordered, cancelled, shipped, returned }));
      // What needs no shipping has nothing to cancel before it leaves: Shopify gives no figure for that.
      const goods = new Set(
        books
          .get(record.id)
          ?.lines.filter((line) => line.by !== 'nobody')
          .map((line) => line.id),
      );
      expect([order?.number, lines?.filter((line) => goods.has(line.id))]).toEqual([
        order?.number,
        truth?.filter((line) => goods.has(line.id)),
      ]);
    }
  });
});

describe('time in the stand-in', () => {
  it('brings new orders, changes and counts on a tick, which a listing by time finds and nothing else', async () => {
    const standIn = await shop();
    const before = new Map((await listAll(standIn)).map((each) => [each.id, each.updatedAt]));
    const told = (await standIn.tell('tick', { orders: 2, changes: 3, counts: 1, at: '2026-11-20T13:00:00Z' })) as {
      placed: string[];
      changed: { id: string }[];
      counted: string[];
    };
    const since = await listAll(standIn, "updated_at:>='2026-11-20T13:00:00Z'");
    expect(since.map((each) => each.id).toSorted()).toEqual(
      [...told.placed, ...told.changed.map((each) => each.id)].toSorted(),
    );
    expect(told.placed.every((id) => !before.has(id))).toBe(true);
    expect(told.counted).toHaveLength(1);
  });

  it('gives two changes of one second the same updatedAt and another content', async () => {
    const standIn = await shop();
    const at = '2026-11-20T13:00:00Z';
    const first = (await standIn.tell('change', { order: '#1003', kind: 'touch', at })) as {
      id: string;
      version: number;
      revision: number;
    };
    const tags = async (): Promise<string> =>
      JSON.stringify(
        (await ask(standIn, 'query One($id: ID!) { order(id: $id) { id tags updatedAt } }', { id: first.id })).body
          .data,
      );
    const once = await tags();
    const second = (await standIn.tell('change', { order: first.id, kind: 'touch', at })) as {
      version: number;
      revision: number;
    };
    expect([second.version, second.revision]).toEqual([first.version, first.revision + 1]);
    expect(await tags()).not.toBe(once);
  });

  it('lists an order late while it can be read by its id', async () => {
    const standIn = await shop();
    const id = standIn.books().orders[4]?.id ?? '';
    await standIn.tell('list-late', { order: id, forMs: 60_000 });
    expect((await listAll(standIn)).some((each) => each.id === id)).toBe(false);
    expect((await ask(standIn, 'query One($id: ID!) { order(id: $id) { id } }', { id })).body.data?.['order']?.id).toBe(
      id,
    );
    goOn(60_001);
    expect((await listAll(standIn)).some((each) => each.id === id)).toBe(true);
  });

  it('loses no order to a page that is read while others change', async () => {
    const standIn = await shop();
    const all = new Set((await listAll(standIn)).map((each) => each.id));
    const seen = new Set<string>();
    let after: string | null = null;
    do {
      const page: Listed | undefined = (await ask(standIn, LIST, { first: 10, after })).body.data?.['orders'];
      for (const node of page?.nodes ?? []) seen.add(node.id);
      after = page?.pageInfo?.hasNextPage ? page.pageInfo.endCursor : null;
      if (seen.size === 20)
        await standIn.tell('tick', { orders: 0, changes: 8, counts: 0, at: '2026-11-20T15:00:00Z' });
    } while (after !== null);
    expect([...all].filter((id) => !seen.has(id))).toEqual([]);
  });

  it('is remembered over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
    try {
      const snapshot = join(folder, 'shop.json');
      const standIn = await shop({}, { snapshot });
      await standIn.tell('tick');
      const books = standIn.books();
      await standIn.close();
      expect((await shop({}, { snapshot })).books()).toEqual(books);
      await expect(shop({ connection: 'harbour-eu' }, { snapshot })).rejects.toThrow(
        'is not the memory of the sandbox shop harbour-eu',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('stock of the stand-in', () => {
  it('is what the books say is on hand, at the shop’s own places', async () => {
    const standIn = await shop();
    const map = parseMapping(
      await readFile(join(import.meta.dirname, '../../mappings/sandbox-harbour-us.yaml'), 'utf8'),
      'us',
    );
    const { stock } = connect(standIn).capabilities;
    const counts = new Map<string, number>();
    for await (const page of stock?.pull(null) ?? []) {
      for (const record of page.records)
        for (const count of stock?.normalize(record, map) ?? [])
          counts.set(`${count.sku}@${count.location}`, count.quantity);
    }
    const books = new Map(standIn.books().stock.map(({ sku, place, onHand }) => [`${sku}@${place}`, onHand]));
    expect(counts).toEqual(books);
  });
});
