import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../test/contract/rig.ts';
import { budgets, shipbobConfig } from './config.ts';
import { observed } from './shipments.ts';
import { all, MAPPING, request, SETTINGS, TOKEN, withAccount } from './test-account.ts';

const HOUR = 3_600_000;
const KEY = 'push:acme:ord_1:newark:1';

describe('shipments', () => {
  it('of a split order each carry their own tracking and lines, under the key of the one request', () =>
    withAccount(async (bob, { provider, shipments }) => {
      const lines = [
        { line: 'l1', sku: 'TEST-1', title: 'Oak tray', quantity: 2 },
        { line: 'l2', sku: 'TEST-2', title: 'Linen', quantity: 1 },
      ];
      const { id } = await provider.send(request({ lines }), KEY);
      await bob.tell('split', { order: id });
      await bob.tell('ship', { order: id });
      const pulled = (await all(shipments.pull(null))).flatMap((page) => page.records);
      const canonical = new Map(pulled.map((record) => [record.id, shipments.normalize(record, MAPPING)]));
      expect([...canonical.values()].map(({ request: key, status, parcels }) => ({ key, status, parcels }))).toEqual(
        bob.books().shipments.map(({ tracking }, index) => ({
          key: KEY,
          status: 'shipped',
          parcels: [
            {
              carrier: 'usps',
              tracking,
              url: `https://tracking.invalid/${tracking}`,
              lines: [index === 0 ? { sku: 'TEST-1', quantity: 2 } : { sku: 'TEST-2', quantity: 1 }],
            },
          ],
        })),
      );
      expect(canonical.size).toBe(2);
    }));

  it('of one order are had together by the id of any of them, and are none where that is not there', () =>
    withAccount(async (bob, { provider, shipments }) => {
      const lines = [
        { line: 'l1', sku: 'TEST-1', title: 'Oak tray', quantity: 2 },
        { line: 'l2', sku: 'TEST-2', title: 'Linen', quantity: 1 },
      ];
      await provider.send(request(), `${KEY}:2`);
      const { id } = await provider.send(request({ lines }), KEY);
      await bob.tell('split', { order: id });
      const ids = bob
        .books()
        .shipments.slice(1)
        .map((shipment) => shipment.id);
      expect(ids).toHaveLength(2);
      for (const one of ids) expect((await shipments.siblings?.(one))?.map((shipment) => shipment.id)).toEqual(ids);
      expect(await shipments.siblings?.('99')).toEqual([]);
    }));

  it('are found again when only the carrier has scanned them, long after their last update', () =>
    withAccount(async (bob, { provider, shipments }) => {
      const { id } = await provider.send(request(), KEY);
      await bob.tell('ship', { order: id });
      const left = bob.books().shipments[0]?.version ?? 0;
      await bob.tell('deliver', { order: id, at: new Date(left + 2 * HOUR).toISOString() });
      // As a pull an hour later leaves it, which no longer sees the update.
      const cursor = JSON.stringify({ since: left + HOUR, by: 'updated', page: 1, began: null });
      const found = (await all(shipments.pull(cursor))).map((page) => page.records);
      expect(found.map((records) => records.map((record) => record.version))).toEqual([[], [left + 2 * HOUR]]);
      const [record] = found[1] ?? [];
      if (record === undefined) throw new Error('it was found');
      expect(shipments.normalize(record, MAPPING).status).toBe('delivered');
    }));

  it('that change on a page already read lie after the place from which the next pull starts', () =>
    withAccount(
      async (bob, { provider, shipments }) => {
        for (let index = 0; index < 7; index++) await provider.send(request(), `${KEY}:${index}`);
        const seen = new Map<string, number>();
        let next = '';
        let changed = 0;
        for await (const page of shipments.pull(null)) {
          for (const { id, version } of page.records) seen.set(id, version);
          if (next === '') {
            const [first] = bob.books().shipments;
            await bob.tell('touch', { shipment: first?.id });
            changed = bob.books().shipments[0]?.version ?? 0;
            // Newer than that change, and on a page still to be read.
            await bob.tell('touch', { shipment: bob.books().shipments.at(-1)?.id });
          }
          next = page.next;
        }
        expect(seen.size).toBe(7);
        expect(JSON.parse(next)).toMatchObject({ by: 'updated', page: 1, began: null });
        expect(JSON.parse(next).since).toBeLessThan(changed);
      },
      { ordersPerPage: 3 },
    ));

  it('of which one instant cannot be read keep the others of their page from nothing, and are parked alone', () =>
    withAccount(async (_bob, { shipments }) => {
      const at = '2026-11-20T10:00:00Z';
      const record = observed({ id: 7, status: 'Completed', created_date: at, delivery_date: '0001-01-01T00:00:00' });
      expect([record.id, record.version]).toEqual(['7', Date.parse(at)]);
      expect(() => shipments.normalize(record, MAPPING)).toThrow(
        expect.objectContaining({ fault: 'data', code: 'unreadable-field', field: 'delivery_date', remoteId: '7' }),
      );
    }));

  it('wait with a reason where stock is short or a person holds them', () =>
    withAccount(async (bob, { provider, shipments }) => {
      const lines = [{ line: 'l1', sku: 'NEVER-SEEN', title: 'Novelty', quantity: 1 }];
      await provider.send(request({ lines }), KEY);
      const held = await provider.send(request(), `${KEY}:2`);
      await bob.tell('hold', { order: held.id });
      const told = [];
      for (const { id } of bob.books().shipments) {
        const record = await shipments.get(id);
        if (record !== null) told.push(shipments.normalize(record, MAPPING));
      }
      expect(told.map(({ status, reason }) => [status, reason])).toEqual([
        ['exception', 'Out of stock at the assigned fulfillment center'],
        ['on-hold', 'The shipment is on hold'],
      ]);
    }));

  it.each([
    [{ status: 'Teleported' }, 'unreadable-field', 'status'],
    [
      {
        products: [
          {
            reference_id: 'KIT',
            inventory_items: [
              { id: 1, quantity: 1 },
              { id: 2, quantity: 2 },
            ],
          },
        ],
      },
      'bundle-at-provider',
      'products.0.inventory_items',
    ],
    [{ products: [{ reference_id: 'TEST-1' }] }, 'unreadable-field', 'products'],
    [{ products: [{ reference_id: 'TEST-1', inventory_items: [] }] }, 'unreadable-field', 'products'],
    [{ products: [] }, 'unreadable-field', 'products'],
    [{}, 'unreadable-field', 'products'],
  ])('that cannot be read park alone: %j', (wrong, code, field) =>
    withAccount(async (_bob, { shipments }) => {
      const body = JSON.stringify({ id: 7, reference_id: KEY, status: 'Completed', ...wrong });
      let thrown: unknown;
      try {
        shipments.normalize({ id: '7', version: 1, body }, MAPPING);
      } catch (cause) {
        thrown = cause;
      }
      expect(thrown).toMatchObject({ fault: 'data', code, field });
    }),
  );
});

it('a product without a reference of ours is known by its SKU, and what has not left need not say how many', () =>
  withAccount(async (_bob, { shipments }) => {
    const parcels = (shipment: Readonly<Record<string, unknown>>): unknown =>
      shipments.normalize(
        { id: '7', version: 1, body: JSON.stringify({ id: 7, reference_id: KEY, ...shipment }) },
        MAPPING,
      ).parcels;
    const products = [{ reference_id: '', sku: 'TEST-2', inventory_items: [{ id: 1, quantity: 3 }] }];
    expect(parcels({ status: 'Completed', products })).toMatchObject([{ lines: [{ sku: 'TEST-2', quantity: 3 }] }]);
    expect(parcels({ status: 'Processing', products: [{ reference_id: 'TEST-1' }] })).toEqual([]);
    expect(
      parcels({ status: 'Completed', products: [{ ...products[0], inventory_items: [{ id: 1, quantity: 0 }] }] }),
    ).toEqual([]);
  }));

it('a shipment that bears no reference is nobody’s of ours, and stops nothing', () =>
  withAccount(async (_bob, { shipments }) => {
    const body = JSON.stringify({ id: 7, reference_id: null, status: 'Completed' });
    expect(shipments.normalize({ id: '7', version: 1, body }, MAPPING).request).toBeNull();
  }));

describe('stock', () => {
  it('is what lies on the shelves of every mapped center, page by page, and falls when something leaves', () =>
    withAccount(
      async (bob, { provider, stock }) => {
        const count = async (): Promise<Map<string, number>> => {
          const records = (await all(stock.pull(null))).flatMap((page) => page.records);
          const counts = records.flatMap((record) => stock.normalize(record, MAPPING));
          expect(new Set(counts.map((each) => each.basis))).toEqual(new Set(['gross']));
          return new Map(counts.map((each) => [`${each.sku}@${each.location}`, each.quantity]));
        };
        const name = (center: number): string => (center === 211 ? 'newark' : 'reno');
        const before = await count();
        expect([...before].toSorted()).toEqual(
          bob
            .books()
            .stock.map(({ sku, center, onHand }) => [`${sku}@${name(center)}`, onHand] as const)
            .toSorted(),
        );
        expect(before.size).toBeGreaterThan(100);
        const { id } = await provider.send(request(), KEY);
        expect((await count()).get('TEST-1@newark')).toBe(10_000);
        await bob.tell('ship', { order: id });
        expect((await count()).get('TEST-1@newark')).toBe(9_998);
      },
      { itemsPerPage: 40 },
    ));

  it('is as of before it was asked for, and an item is got by its id', () =>
    withAccount(async (bob, { stock }) => {
      const inventory = bob.books().stock.find(({ sku }) => sku === 'TEST-2')?.inventory ?? '';
      const began = Date.now();
      const record = await stock.get(inventory);
      expect(record?.version).toBeGreaterThanOrEqual(began);
      if (record === null) throw new Error('it is there');
      const asOf = record.version;
      expect(stock.normalize(record, MAPPING)).toEqual([
        { sku: 'TEST-2', location: 'newark', quantity: 10_000, basis: 'gross', asOf },
      ]);
      expect(await stock.get('1')).toBeNull();
    }));
});

describe('the connection', () => {
  it('passes the check, and is told which of token, channel, scope and center is wrong', async () => {
    await withAccount(async (_bob, { check }) => check());
    await withAccount(async (bob, { check }) => {
      await bob.tell('scopes', { scopes: ['orders_read'] });
      expect((await failureOf(check())).code).toBe('missing-scope');
    });
    await withAccount(async (_bob, { check }) => expect((await failureOf(check())).code).toBe('wrong-channel'), {
      channel: 5,
    });
    await withAccount(
      async (_bob, { check }) => expect((await failureOf(check())).field).toBe('settings.centers.lyon'),
      {
        centers: { newark: 211, lyon: 999 },
      },
    );
    await withAccount(async (_bob, { check }) => expect((await failureOf(check())).code).toBe('unauthorized'), {
      accessToken: `${TOKEN}-of-yesterday`,
    });
  });

  it('waits as long as ShipBob’s own header says', () =>
    withAccount(
      async (_bob, { check, rig }) => {
        await check();
        const began = rig.io.clock.now();
        const error = await failureOf(check());
        expect(error.fault).toBe('throttled');
        expect(error.retryAt).toBeGreaterThan(began + 50_000);
      },
      {},
      { callsPerMinute: 2 },
    ));

  it('never lets more calls into any minute than ShipBob grants', () => {
    for (const callsPerMinute of [150, 7, 1_000]) {
      const config = shipbobConfig.parse({ ...SETTINGS, accessToken: 'x', callsPerMinute });
      const [budget] = budgets(config);
      expect((budget?.capacity ?? 0) + 60 * (budget?.perSecond ?? 0)).toBeCloseTo(callsPerMinute);
    }
  });

  it('keeps one subscription with its topics at its address, and leaves others alone', () =>
    withAccount(async (bob, { webhooks, rig }) => {
      const address = 'https://crossdock.example/webhooks/bob';
      await webhooks.subscribe?.('https://elsewhere.example/', undefined);
      await webhooks.subscribe?.(address);
      const asked = rig.calls.length;
      await webhooks.subscribe?.(address);
      expect(rig.calls.slice(asked).map((call) => call.method)).toEqual(['GET']);
      expect(bob.control.requests().filter((call) => call.method === 'POST')).toHaveLength(2);
    }));
});
