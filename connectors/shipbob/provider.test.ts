import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../test/contract/rig.ts';
import type { ShipBobClient } from './client.ts';
import { shipbobConfig } from './config.ts';
import { openProvider } from './provider.ts';
import { request, SETTINGS, withAccount } from './test-account.ts';

const KEY = 'push:acme:ord_1:newark:1';

describe('sending a request', () => {
  it('says in the order what is asked for, at the center that the location is', () =>
    withAccount(async (bob, { provider, rig }) => {
      await provider.send(request(), KEY);
      const [call] = rig.calls;
      expect(call?.headers?.['shipbob_channel_id']).toBe('100123');
      expect(JSON.parse(String(call?.body))).toEqual({
        reference_id: KEY,
        order_number: '#1001',
        type: 'DTC',
        shipping_method: 'Standard',
        purchase_date: '2026-11-19T08:00:00.000Z',
        location_id: 211,
        recipient: {
          name: 'A. Buyer',
          email: 'buyer@shop.example',
          phone_number: '+1 555 0100',
          address: {
            address1: '1 Quay Street',
            address2: 'Floor 2, Door B',
            company_name: null,
            city: 'Newark',
            state: 'NJ',
            zip_code: '07114',
            country: 'US',
          },
        },
        products: [{ reference_id: 'TEST-1', name: 'Oak tray', quantity: 2 }],
      });
      expect(bob.books().orders).toEqual([{ id: expect.any(String), reference: KEY, status: 'Processing' }]);
    }));

  it('asks once for a SKU that stands on several lines, with the sum of its units', () =>
    withAccount(async (_bob, { provider, rig }) => {
      const lines = [
        { line: 'l1', sku: 'TEST-1', title: 'Oak tray', quantity: 2 },
        { line: 'l2', sku: 'TEST-2', title: 'Linen', quantity: 1 },
        { line: 'l3', sku: 'TEST-1', title: 'Oak tray, gift', quantity: 3 },
      ];
      await provider.send(request({ lines }), KEY);
      expect(JSON.parse(String(rig.calls[0]?.body))).toMatchObject({
        products: [
          { reference_id: 'TEST-1', name: 'Oak tray', quantity: 5 },
          { reference_id: 'TEST-2', name: 'Linen', quantity: 1 },
        ],
      });
    }));

  it('sends nothing for a location that is no center, nor without what ShipBob needs, and names it', () =>
    withAccount(async (bob, { provider }) => {
      const { recipient } = request();
      const address = { ...recipient.address, city: ' ' };
      const wrong = [
        request({ location: 'berlin' }),
        request({ recipient: { ...recipient, address } }),
        request({ lines: [] }),
      ];
      const told = [];
      for (const each of wrong) told.push(await failureOf(provider.send(each, KEY)));
      expect(told.map(({ fault, code, field }) => [fault, code, field])).toEqual([
        ['data', 'unmapped-center', 'location'],
        ['data', 'incomplete-request', 'recipient.address.city'],
        ['data', 'incomplete-request', 'lines'],
      ]);
      expect(bob.control.requests()).toEqual([]);
    }));

  it('parks what ShipBob refuses under the field that it names, with nothing personal in the message', () =>
    withAccount(async (bob, { provider }) => {
      const recipient = { ...request().recipient, email: 'not-an-address-of-anyone' };
      const error = await failureOf(provider.send(request({ recipient }), KEY));
      expect([error.fault, error.code, error.field]).toEqual(['data', 'refused-request', 'recipient.email']);
      expect(error.message).not.toContain('not-an-address');
      expect(bob.books().orders).toEqual([]);
    }));

  it('refuses a key that a look-up would take apart', () =>
    withAccount(async (_bob, { provider }) => {
      expect((await failureOf(provider.find('a,b', request()))).fault).toBe('bug');
    }));
});

describe('what becomes of a request', () => {
  it('is pending while ShipBob reviews it, and rejected with the reason when ShipBob cancels it', () =>
    withAccount(async (bob, { provider }) => {
      const { id, state } = await provider.send(request(), KEY);
      expect(state).toBe('done');
      await bob.tell('review', { order: id });
      expect(await provider.outcome?.(id)).toEqual({ state: 'pending' });
      await bob.tell('release', { order: id });
      expect(await provider.outcome?.(id)).toEqual({ state: 'done' });
      await bob.tell('cancel', { order: id });
      const reasons = [{ line: null, reason: 'Cancelled by the warehouse' }];
      expect(await provider.outcome?.(id)).toEqual({ state: 'rejected', reasons });
    }));

  it('is cancelled while it lies unpicked, again when asked again, and too late once picked', () =>
    withAccount(async (bob, { provider }) => {
      const { id } = await provider.send(request(), KEY);
      expect(await provider.cancel(id)).toBe('cancelled');
      expect(await provider.cancel(id)).toBe('cancelled');
      const other = await provider.send(request(), `${KEY}:2`);
      await bob.tell('pick', { shipment: bob.books().shipments.at(-1)?.id });
      expect(await provider.cancel(other.id)).toBe('too late');
      expect(bob.books().orders.map((order) => order.status)).toEqual(['Cancelled', 'Processing']);
    }));

  it('is too late for the whole where only some of its shipments could be stopped', () =>
    withAccount(async (bob, { provider }) => {
      const lines = ['TEST-1', 'TEST-2'].map((sku) => ({ line: sku, sku, title: sku, quantity: 1 }));
      const { id } = await provider.send(request({ lines }), KEY);
      await bob.tell('split', { order: id });
      await bob.tell('pick', { shipment: bob.books().shipments[0]?.id });
      expect(await provider.cancel(id)).toBe('too late');
      expect(bob.books().shipments.map(({ status }) => status)).toEqual(['Processing', 'Cancelled']);
    }));

  it('of a cancellation whose reply is lost is unknown, and the truth when asked again', () =>
    withAccount(async (bob, { provider }) => {
      const { id } = await provider.send(request(), KEY);
      bob.control.fail({ kind: 'cut-after-apply', match: { path: ':cancel' } });
      expect((await failureOf(provider.cancel(id))).fault).toBe('unknown');
      expect(await provider.cancel(id)).toBe('cancelled');
    }));
});

/** A provider whose ShipBob answers every call with this. */
function answering(answer: unknown): ReturnType<typeof openProvider> {
  const client: ShipBobClient = {
    ask: async (_call, schema) => ({
      status: 200,
      value: schema.parse(answer),
      refused: [],
      ofReference: false,
      at: null,
      more: false,
    }),
  };
  return openProvider(client, shipbobConfig.parse({ ...SETTINGS, accessToken: 'x' }));
}

describe('what ShipBob holds of our requests', () => {
  const order = { id: 9, reference_id: KEY, status: 'Processing', shipments: [] };

  it('is recalled also where somebody put a product without our reference into one of the orders', async () => {
    const products = [
      { id: 1, reference_id: 'TEST-1', quantity: 2 },
      { id: 2, reference_id: null, sku: 'LEAFLET', quantity: 1 },
      { id: 3, quantity: 1 },
      { id: 4, reference_id: 'TEST-2', quantity: 0 },
    ];
    expect(await answering([{ ...order, products }]).recall?.([KEY])).toEqual([
      {
        key: KEY,
        id: '9',
        location: null,
        lines: [
          { sku: 'TEST-1', quantity: 2 },
          { sku: 'LEAFLET', quantity: 1 },
          { sku: 'product 3', quantity: 1 },
        ],
        state: 'done',
      },
    ]);
  });

  it.each([{ products: null }, {}])(
    'is not told where an order comes without its products (%j), since that would be a request of no units',
    async (without) => {
      const answer = [
        { ...order, products: [{ reference_id: 'TEST-1', quantity: 2 }] },
        { ...order, id: 10, reference_id: `${KEY}:2`, ...without },
      ];
      const recalled = answering(answer).recall?.([KEY, `${KEY}:2`]);
      await expect(recalled).rejects.toMatchObject({ issues: [{ path: [1, 'products'] }] });
    },
  );

  it('is recalled by our keys in one call, with units by SKU and the location of its center, cancelled and reviewed ones too', () =>
    withAccount(async (bob, { provider, rig }) => {
      const keys = [1, 2, 3].map((n) => `push:ord_1:${n}`);
      const lines = [
        { line: 'l1', sku: 'TEST-1', title: 'Oak tray', quantity: 2 },
        { line: 'l2', sku: 'TEST-1', title: 'Oak tray, gift', quantity: 1 },
        { line: 'l3', sku: 'TEST-2', title: 'Linen', quantity: 1 },
      ];
      const ids: string[] = [];
      for (const key of keys) ids.push((await provider.send(request({ lines }), key)).id);
      await bob.tell('review', { order: ids[1] });
      await provider.cancel(ids[2] ?? '');
      const before = rig.calls.length;
      const units = [
        { sku: 'TEST-1', quantity: 3 },
        { sku: 'TEST-2', quantity: 1 },
      ];
      expect(await provider.recall?.([...keys, 'push:ord_1:4'])).toEqual(
        (['done', 'pending', 'stopped'] as const).map((state, n) => ({
          key: keys[n],
          id: ids[n],
          location: 'newark',
          lines: units,
          state,
        })),
      );
      expect(rig.calls.length).toBe(before + 1);
    }));
});
