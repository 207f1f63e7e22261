import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clock, openRig } from '../../test/contract/rig.ts';
import { startStandIn, type ShipBobStandIn } from './sandbox.ts';
import { all, MAPPING, open, request, SECRET, SETTINGS, TODAY, TOKEN, withAccount } from './test-account.ts';

const KEY = 'push:acme:ord_1:newark:1';

describe('a ShipBob account that is restarted', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shipbob-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (): Promise<ShipBobStandIn> =>
    startStandIn({
      connection: 'contract',
      input: SETTINGS,
      seed: 'contract',
      today: TODAY,
      clock,
      accessToken: TOKEN,
      webhookSecret: SECRET,
      snapshot: join(folder, 'bob.json'),
    });

  it('still refuses the reference that it took before, and goes on where each shipment was', async () => {
    const rig = openRig([TOKEN]);
    const before = await start();
    await before.tell('stock', { sku: 'TEST-1', center: 211, onHand: 50 });
    const { id } = await open(before.url, rig.io).provider.send(request(), KEY);
    const books = before.books();
    // Not closed: what was answered is on the disk already.
    const after = await start();
    try {
      expect(after.books()).toEqual(books);
      const { provider, shipments } = open(after.url, rig.io);
      expect((await provider.send(request(), KEY)).id).toBe(id);
      expect(after.books().orders).toHaveLength(1);
      await after.tell('tick', { steps: 3 });
      const [page] = await all(shipments.pull(null));
      const [record] = page?.records ?? [];
      if (record === undefined) throw new Error('it is there');
      expect(shipments.normalize(record, MAPPING).status).toBe('shipped');
      expect(after.books().stock.find(({ sku }) => sku === 'TEST-1')?.onHand).toBe(48);
    } finally {
      rig.close();
      await before.close();
      await after.close();
    }
  });
});

describe('a ShipBob account that ships by itself', () => {
  it('has shipped an order when it is next asked', async () => {
    const options = { connection: 'contract', input: SETTINGS, seed: 's', today: TODAY, clock, accessToken: TOKEN };
    const bob = await startStandIn({ ...options, shipAfterMs: 0 });
    const rig = openRig([TOKEN]);
    try {
      await bob.tell('stock', { sku: 'TEST-1', center: 211, onHand: 50 });
      const { provider, shipments } = open(bob.url, rig.io);
      await provider.send(request(), KEY);
      expect(bob.books().shipments.map(({ status }) => status)).toEqual(['Processing']);
      const records = (await all(shipments.pull(null))).flatMap((page) => page.records);
      expect(records.map((record) => shipments.normalize(record, MAPPING).status)).toEqual(['shipped', 'shipped']);
    } finally {
      rig.close();
      await bob.close();
    }
  });
});

describe('what a ShipBob account tells its subscribers', () => {
  it('is genuine, names the shipment, and repeats itself under the same id', () =>
    withAccount(async (bob, { provider, webhooks }) => {
      const hints: unknown[] = [];
      const receiver = createServer((incoming, outgoing) => {
        const parts: Uint8Array[] = [];
        incoming.on('data', (part: Uint8Array) => parts.push(part));
        incoming.on('end', () => {
          const headers = Object.fromEntries(
            Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
          );
          void webhooks.verify(headers, Buffer.concat(parts)).then((hint) => {
            hints.push(hint);
            outgoing.writeHead(hint === null ? 401 : 200).end();
          });
        });
      });
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
      try {
        const at = receiver.address();
        const port = typeof at === 'object' && at !== null ? at.port : 0;
        await webhooks.subscribe?.(`http://127.0.0.1:${port}/hook`);
        const { id } = await provider.send(request(), KEY);
        await bob.tell('ship', { order: id });
        await bob.tell('tell', { duplicate: true });
        const shipment = bob.books().shipments[0]?.id;
        const delivery = expect.stringMatching(/^msg_\d+$/);
        const hint = { delivery, topic: 'order.shipped', kind: 'shipment', id: shipment };
        expect(hints).toEqual([hint, hint]);
        expect(hints[0]).toEqual(hints[1]);
        await bob.tell('deliver', { order: id });
        expect(await bob.tell('tell', { badSignature: true })).toMatchObject([{ status: 401 }]);
      } finally {
        receiver.closeAllConnections();
        await new Promise((resolve) => receiver.close(resolve));
      }
    }));
});
