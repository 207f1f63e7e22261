import { fileURLToPath } from 'node:url';
import type { Shipment } from '../../src/domain/fulfillment.ts';
import { contractSuite } from '../../test/contract/suite.ts';
import type { ProviderSubject, SourceSubject, WebhookSubject } from '../../test/contract/suite.ts';
import { shipmentRecord } from './answers.ts';
import { signedHeaders } from './sandbox-webhooks.ts';
import { observed } from './shipments.ts';
import { MAPPING, open, request, SECRET, startAccount, TOKEN, type Account } from './test-account.ts';

const HOUR = 3_600_000;

const shipments: SourceSubject<Shipment, Account> = {
  name: 'shipments',
  start: () => startAccount(14),
  open: (remote, io) => open(remote.url, io, { ordersPerPage: 5 }).shipments,
  held: ({ bob }) => bob.books().shipments.map(({ id, version }) => ({ id, version })),
  touch: async ({ bob }) => {
    const shipment = bob.books().shipments[3]?.id ?? '';
    await bob.tell('touch', { shipment });
    return { id: shipment, version: bob.books().shipments[3]?.version ?? 0 };
  },
  window: { from: Date.now() - HOUR, to: Date.now() + 24 * HOUR },
  unknownId: '999999999',
  secrets: [TOKEN, SECRET],
  normalized: {
    mapping: MAPPING,
    fixtures: fileURLToPath(new URL('./fixtures/shipments', import.meta.url)),
    observe: (raw) => observed(shipmentRecord.parse(raw)),
  },
};

const provider: ProviderSubject<Account> = {
  name: 'provider',
  start: () => startAccount(),
  open: (remote, io) => open(remote.url, io).provider,
  item: (_account, key) => request({ key }),
  written: ({ bob }, key) =>
    bob
      .books()
      .orders.filter((order) => order.reference === key)
      .map((order) => order.id),
  by: 'native',
  secrets: [TOKEN, SECRET],
  personal: ['A. Buyer', 'buyer@shop.example', 'Quay Street', '+1 555 0100', 'no-address-of-anyone'],
  refused: {
    item: (_account, key) => request({ key, recipient: { ...request().recipient, email: 'no-address-of-anyone' } }),
    says: 'recipient.email',
  },
  decides: {
    ponder: ({ bob }, order) => bob.tell('review', { order }).then(() => undefined),
    refuse: ({ bob }, order) => bob.tell('cancel', { order }).then(() => undefined),
    reason: 'Cancelled by the warehouse',
  },
  tooLate: async ({ bob }, id) => {
    const shipment = bob.books().shipments.find(({ order }) => order === id)?.id;
    await bob.tell('pick', { shipment });
  },
  stands: ({ bob }, id) => bob.books().orders.find((order) => order.id === id)?.status ?? 'not there',
};

const webhooks: WebhookSubject = {
  name: 'webhooks',
  open: (io) => open('http://127.0.0.1:9', io).webhooks,
  signed: () => {
    const body = JSON.stringify({ id: 501001, order_id: 400100, status: 'Completed' });
    const of = { id: 'msg_1', topic: 'order.shipped', atS: 1_755_884_852 };
    return { headers: signedHeaders(of, body, SECRET), bytes: new TextEncoder().encode(body) };
  },
  signature: 'webhook-signature',
  secrets: [SECRET],
};

contractSuite({ name: 'shipbob', sources: [shipments], provider, webhooks });
