import { mappingOf } from '../../src/connector/mapping/parse.ts';
import type { Capabilities } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { FulfillmentRequest } from '../../src/domain/fulfillment.ts';
import { clock, openRig, type Remote, type Rig } from '../../test/contract/rig.ts';
import connector from './index.ts';
import { startStandIn, type ShipBobStandIn } from './sandbox.ts';

export const TOKEN = 'pat-that-must-stay-in';
export const SECRET = 'whsec_c2VjcmV0LXRoYXQtbXVzdC1zdGF5LWlu';
export const TODAY = Date.parse('2026-11-20T12:00:00Z');
export const SETTINGS = {
  channel: 100_123,
  centers: { newark: 211, reno: 212 },
  cutOver: '2026-10-01T00:00:00Z',
  callsPerMinute: 1_000_000,
} as const;

/** The code table that stands for the same centers as SETTINGS. */
export const MAPPING = mappingOf({ locations: { '211': 'newark', '212': 'reno' }, carriers: { USPS: 'usps' } });

export interface Account extends Remote {
  readonly bob: ShipBobStandIn;
}

export interface Opened extends Required<
  Pick<Capabilities, 'provider' | 'shipments' | 'stock' | 'webhooks' | 'check'>
> {
  readonly rig: Rig;
}

/** A request that ShipBob accepts. */
export function request(also: Partial<FulfillmentRequest> = {}): FulfillmentRequest {
  return {
    key: 'push:acme:ord_1:newark:1',
    order: 'ord_1',
    number: '#1001',
    location: 'newark',
    placedAt: Date.parse('2026-11-19T08:00:00Z'),
    lines: [{ line: 'l1', sku: 'TEST-1', title: 'Oak tray', quantity: 2 }],
    recipient: {
      name: 'A. Buyer',
      email: 'buyer@shop.example',
      phone: null,
      address: {
        name: 'A. Buyer',
        company: null,
        lines: ['1 Quay Street', 'Floor 2', 'Door B'],
        city: 'Newark',
        region: 'NJ',
        postcode: '07114',
        country: 'US',
        phone: '+1 555 0100',
      },
    },
    method: 'Standard',
    ...also,
  };
}

export function open(url: string, io: Io, also: Readonly<Record<string, unknown>> = {}): Omit<Opened, 'rig'> {
  const config = connector.config.parse({
    ...SETTINGS,
    baseUrl: url,
    accessToken: TOKEN,
    webhookSecret: SECRET,
    ...also,
  });
  const { provider, shipments, stock, webhooks, check } = connector.open(config, io);
  if (!provider || !shipments || !stock || !webhooks) throw new Error('a capability is missing');
  return { provider, shipments, stock, webhooks, check };
}

/** A fresh account with plenty of TEST-1 and TEST-2 in Newark, and `orders` orders of one unit each. */
export async function startAccount(orders = 0, input: Readonly<Record<string, unknown>> = {}): Promise<Account> {
  const bob = await startStandIn({
    connection: 'contract',
    input: { ...SETTINGS, ...input },
    seed: 'contract',
    today: TODAY,
    clock,
    accessToken: TOKEN,
    webhookSecret: SECRET,
  });
  await bob.tell('stock', { sku: 'TEST-1', center: 211, onHand: 10_000 });
  await bob.tell('stock', { sku: 'TEST-2', center: 211, onHand: 10_000 });
  if (orders > 0) {
    const rig = openRig([]);
    const { provider } = open(bob.url, rig.io);
    for (let index = 0; index < orders; index++) await provider.send(request(), `seed:${index}`);
    rig.close();
    bob.control.forgetRequests();
  }
  return {
    bob,
    url: bob.url,
    fail: (fault) => bob.control.fail(fault),
    clearFaults: () => bob.control.clearFaults(),
    requests: () => bob.control.requests(),
    problems: () => bob.control.problems(),
    close: () => bob.close(),
  };
}

/** Runs with an account and a connection to it, and insists that the stand-in made no mistake. */
export async function withAccount(
  run: (bob: ShipBobStandIn, opened: Opened) => Promise<void>,
  also: Readonly<Record<string, unknown>> = {},
  input: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const account = await startAccount(0, input);
  const rig = openRig([TOKEN, SECRET]);
  try {
    await run(account.bob, { ...open(account.url, rig.io, also), rig });
    if (account.problems().length > 0) throw new Error(account.problems().join('; '));
  } finally {
    rig.close();
    await account.close();
  }
}

export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(page);
  return found;
}
