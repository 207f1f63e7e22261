import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as calls from './calls.ts';
import type { Call } from './calls.ts';
import { startStandIn } from './sandbox.ts';
import { SETTINGS, request, TODAY, TOKEN } from './test-account.ts';
import { TOPICS } from './webhooks.ts';
import { clock } from '../../test/contract/rig.ts';

const file = join(process.env['SPECS_DIR'] ?? '../shared/specs', 'shipbob/shipbob-openapi.json');
const there = existsSync(file);
if (!there) console.log('skipped: no specs');

interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly format?: string | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly items?: Schema | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
}
const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    format: z.string().optional(),
    oneOf: z.array(schema).optional(),
    items: schema.optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), schema).optional(),
  }),
);
const content = z.object({ 'application/json': z.object({ schema }) });
const operation = z.object({
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean().optional() })).optional(),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ content: content.optional() })),
});
const openapi = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

/** What of `value` is not as the schema says, by path. Stricter than the schema: a property that it does not name is a mistake. */
function mistakes(value: unknown, by: Schema, all: Readonly<Record<string, Schema>>, at = '$'): string[] {
  if (by.$ref !== undefined) {
    const target = all[by.$ref.split('/').at(-1) ?? ''];
    return target === undefined ? [`${at}: ${by.$ref} is not there`] : mistakes(value, target, all, at);
  }
  if (by.oneOf !== undefined) {
    const told = by.oneOf.map((each) => mistakes(value, each, all, at));
    return told.filter((each) => each.length === 0).length === 1 ? [] : [`${at}: not exactly one of`, ...told.flat()];
  }
  if (by.enum !== undefined && !by.enum.includes(value))
    return [`${at}: ${JSON.stringify(value)} is not one of the list`];
  const types = by.type === undefined ? [] : [by.type].flat();
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const fits = types.some((each) => each === type || (each === 'integer' && Number.isSafeInteger(value)));
  if (types.length > 0 && !fits) return [`${at}: ${type} is not ${types.join(' or ')}`];
  if (by.format === 'date-time' && typeof value === 'string' && !z.iso.datetime().safeParse(value).success)
    return [`${at}: no instant`];
  if (Array.isArray(value))
    return value.flatMap((each, i) => (by.items ? mistakes(each, by.items, all, `${at}[${i}]`) : []));
  if (typeof value !== 'object' || value === null || by.properties === undefined) return [];
  const found = (by.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name}: missing`);
  for (const [name, each] of Object.entries(value)) {
    const property = by.properties[name];
    found.push(...(property ? mistakes(each, property, all, `${at}.${name}`) : [`${at}.${name}: not known`]));
  }
  return found;
}

const bare = request({ recipient: { ...request().recipient, email: null } });
const CALLS: readonly (readonly [string, string, Call])[] = [
  ['creates an order', '/2026-01/order', calls.createOrder(request(), 'push:1', SETTINGS.centers)],
  ['creates one without an email', '/2026-01/order', calls.createOrder(bare, 'push:2', SETTINGS.centers)],
  ['lists orders by update', '/2026-01/order', calls.listOrders('updated', TODAY, 2, 250)],
  ['lists orders by tracking', '/2026-01/order', calls.listOrders('tracked', TODAY, 1, 250)],
  ['looks up a reference', '/2026-01/order', calls.findOrders(['push:1', 'push:2'])],
  ['gets an order', '/2026-01/order/{orderId}', calls.getOrder('7')],
  ['gets a shipment', '/2026-01/shipment/{shipmentId}', calls.getShipment('7')],
  ['cancels an order', '/2026-01/order/{orderId}:cancel', calls.cancelOrder('7')],
  ['lists stock', '/2026-01/inventory-level/locations', calls.listLevels(100, null)],
  ['gets stock', '/2026-01/inventory-level/{inventoryId}/locations', calls.getLevel('7')],
  ['lists channels', '/2026-01/channel', calls.listChannels('https://x.example/?Cursor=abc')],
  ['lists locations', '/2026-01/location', calls.listLocations()],
  ['lists subscriptions', '/2026-01/webhook', calls.listSubscriptions('?Cursor=abc')],
  ['subscribes', '/2026-01/webhook', calls.subscribe('https://x.example/hooks', TOPICS, 'whsec_YQ==')],
  ['unsubscribes', '/2026-01/webhook/{id}', calls.unsubscribe('sub-1')],
];

(there ? describe : describe.skip)('against the OpenAPI description of 2026-01', () => {
  const api = there ? openapi.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
  function operationOf(path: string, method: string): z.output<typeof operation> {
    const found = api?.paths[path]?.[method.toLowerCase()];
    if (found === undefined) throw new Error(`${method} ${path} is not described`);
    return found;
  }
  const schemas = (): Readonly<Record<string, Schema>> => api?.components.schemas ?? {};

  it.each(CALLS)('%s as described', (_what, path, call) => {
    expect(call.path).toMatch(new RegExp(`^${path.replace(/\{\w+\}/g, '[\\w-]+')}$`));
    const described = operationOf(path, call.method);
    const parameters = described.parameters ?? [];
    const named = parameters.filter((each) => each.in === 'query').map((each) => each.name);
    // `Cursor` is what ShipBob itself put into the address of the next page.
    expect(Object.keys(call.query).filter((name) => !named.includes(name))).toEqual([]);
    const channel = parameters.find((each) => each.name === 'shipbob_channel_id');
    if (call.channel) expect(channel).toBeDefined();
    else expect(channel?.required ?? false).toBe(false);
    const body = described.requestBody?.content['application/json'].schema;
    if (call.body === undefined) expect(body).toBeUndefined();
    else expect(mistakes(JSON.parse(JSON.stringify(call.body)), body ?? {}, schemas())).toEqual([]);
  });

  it('sees every call of this connector', () => {
    const made = Object.values(calls).filter((each) => typeof each === 'function').length;
    expect(new Set(CALLS.map(([, , call]) => `${call.method} ${call.path.replace(/\d+/, '')}`)).size).toBe(made - 1);
  });

  it('would notice a wrong body', () => {
    const body = operationOf('/2026-01/order', 'POST').requestBody?.content['application/json'].schema ?? {};
    const right = JSON.parse(JSON.stringify(calls.createOrder(request(), 'push:1', SETTINGS.centers).body));
    const found = mistakes({ ...right, type: 'Retail', products: [{ quantity: 1.5 }], colour: 1 }, body, schemas());
    expect(found).toEqual(
      expect.arrayContaining([
        '$.type: "Retail" is not one of the list',
        '$.products[0].reference_id: missing',
        '$.products[0].quantity: number is not integer',
        '$.colour: not known',
      ]),
    );
  });

  it('is what the stand-in answers by, too', async () => {
    const bob = await startStandIn({
      connection: 'specs',
      input: SETTINGS,
      seed: 's',
      today: TODAY,
      clock,
      accessToken: TOKEN,
    });
    try {
      await bob.tell('stock', { sku: 'TEST-1', center: 211, onHand: 9 });
      const told: string[] = [];
      const ask = async (call: Call, path: string): Promise<void> => {
        const url = new URL(call.path, bob.url);
        for (const [name, value] of Object.entries(call.query)) url.searchParams.set(name, value);
        const headers = { authorization: `Bearer ${TOKEN}`, ...(call.channel && { shipbob_channel_id: '100123' }) };
        const answer = await fetch(url, {
          method: call.method,
          headers,
          ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        });
        const by = operationOf(path, call.method).responses[String(answer.status)]?.content?.['application/json']
          .schema;
        const text = await answer.text();
        if (text !== '')
          told.push(...mistakes(JSON.parse(text), by ?? { enum: [] }, schemas(), `${call.method} ${path}`));
      };
      await ask(calls.createOrder(request(), 'push:1', SETTINGS.centers), '/2026-01/order');
      const { order: orderId = '', id: shipmentId = '' } = bob.books().shipments[0] ?? {};
      await bob.tell('hold', { order: orderId });
      await ask(calls.getShipment(shipmentId), '/2026-01/shipment/{shipmentId}');
      await bob.tell('release', { order: orderId });
      await bob.tell('ship', { order: orderId });
      await ask(calls.listOrders('tracked', 0, 1, 5), '/2026-01/order');
      await ask(calls.listLevels(5, null), '/2026-01/inventory-level/locations');
      await ask(calls.listChannels(null), '/2026-01/channel');
      await ask(calls.listLocations(), '/2026-01/location');
      await ask(calls.subscribe('https://x.example/hooks', TOPICS, 'whsec_YQ=='), '/2026-01/webhook');
      await ask(calls.listSubscriptions(null), '/2026-01/webhook');
      await ask(calls.createOrder(request(), 'push:2', SETTINGS.centers), '/2026-01/order');
      await ask(calls.cancelOrder(bob.books().orders[1]?.id ?? ''), '/2026-01/order/{orderId}:cancel');
      expect(told).toEqual([]);
      expect(bob.control.problems()).toEqual([]);
    } finally {
      await bob.close();
    }
  });
});
