import { z } from 'zod';
import type { Capabilities } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { told, type Told } from '../../src/connector/sandbox/told.ts';
import type { ExternalId, Key } from '../../src/domain/ids.ts';
import { clock, openRig, type Remote } from '../../test/contract/rig.ts';
import { API_VERSION } from './config.ts';
import connector from './index.ts';
import { startStandIn, type ShopifyStandIn } from './sandbox.ts';
import { all, FIXTURE_MAPPING, SECRET, TOKEN } from './test-shop.ts';

const TODAY = Date.parse('2026-11-20T12:00:00Z');
const PLACES = ['newark', 'reno'] as const;

/** One unit that the shop still wants shipped, by the shop's own ids. */
export interface OpenUnit {
  readonly order: ExternalId;
  readonly line: ExternalId;
  /** Where its work stands, and the shop's other place that keeps the item. */
  readonly location: ExternalId;
  readonly other: ExternalId;
}

/** The US shop of the sandbox business, with what it still wants shipped. */
export interface WritableShop extends Remote {
  readonly shop: ShopifyStandIn;
  /** A unit of an order of its own for each key. */
  unitFor(key: Key): OpenUnit;
  told(): Promise<Told>;
}

/** @param mutation the one that planned faults are for: what is read before it is not disturbed */
export async function startWritableShop(mutation: string): Promise<WritableShop> {
  const config = { connection: 'harbour-us', orders: 120, accessToken: TOKEN, webhookSecret: SECRET };
  const shop = await startStandIn({ config, seed: 'contract', today: TODAY, clock });
  const units = await openUnits(shop);
  const used = new Map<Key, OpenUnit>();
  return {
    shop,
    url: shop.url,
    unitFor(key) {
      const unit = used.get(key) ?? units[used.size];
      if (unit === undefined) throw new Error('the shop has no more open orders');
      used.set(key, unit);
      return unit;
    },
    told: async () => told.parse(await (await fetch(`${shop.url}/__stand-in/told`)).json()),
    fail: (fault) => shop.control.fail({ ...fault, match: { body: mutation } }),
    clearFaults: () => shop.control.clearFaults(),
    requests: () => shop.control.requests(),
    problems: () => shop.control.problems(),
    close: () => shop.close(),
  };
}

export function openWritable(
  baseUrl: string,
  io: Io,
): Required<Pick<Capabilities, 'orders' | 'confirmations' | 'assignments' | 'inventory'>> {
  const settings = { shop: 'harbour-us.myshopify.com', plan: 'plus', cutOver: '2026-10-01T00:00:00Z', writes: true };
  const config = connector.config.parse({ ...settings, baseUrl, accessToken: TOKEN, webhookSecret: SECRET });
  const { orders, confirmations, assignments, inventory } = connector.open(config, io);
  if (!orders || !confirmations || !assignments || !inventory) throw new Error('a capability is missing');
  return { orders, confirmations, assignments, inventory };
}

async function openUnits(shop: ShopifyStandIn): Promise<OpenUnit[]> {
  const rig = openRig([]);
  const source = openWritable(shop.url, rig.io).orders;
  const records = (await all(source.pull(null))).flatMap((page) => page.records);
  rig.close();
  shop.control.forgetRequests();
  const stocked = new Set(shop.books().stock.map(({ sku, place }) => `${sku}@${place}`));
  return records.flatMap((record): OpenUnit[] => {
    const order = source.normalize(record, FIXTURE_MAPPING);
    const [work] = order.assignments.filter(({ status }) => status === 'open');
    const other = PLACES.find((place) => place !== work?.location);
    const [wanted] = work?.lines.filter(({ remaining }) => remaining > 0) ?? [];
    const line = order.lines.find(({ id }) => id === wanted?.line);
    if (work?.location === undefined || order.assignments.length > 1 || line === undefined) return [];
    if (other === undefined || line.sku === null || !stocked.has(`${line.sku}@${other}`)) return [];
    const [location, elsewhere] = [work.location, other].map((place) =>
      place === null ? null : FIXTURE_MAPPING.remote('locations', place),
    );
    if (!location || !elsewhere) return [];
    return [{ order: order.externalId, line: line.externalId, location, other: elsewhere }];
  });
}

const standing = z.object({
  data: z.object({
    order: z.object({
      fulfillmentOrders: z.object({
        nodes: z.array(
          z.object({
            status: z.string(),
            assignedLocation: z.object({ location: z.object({ id: z.string() }) }),
            lineItems: z.object({
              nodes: z.array(z.object({ remainingQuantity: z.int(), lineItem: z.object({ id: z.string() }) })),
            }),
          }),
        ),
      }),
    }),
  }),
});

/** How many units of a line the shop has as the work of a location, asked past the connector. */
export async function unitsAt(
  shop: WritableShop,
  order: ExternalId,
  line: ExternalId,
  location: ExternalId,
): Promise<number> {
  const query = `query Standing($id: ID!) { order(id: $id) { fulfillmentOrders(first: 10) { nodes {
    status assignedLocation { location { id } } lineItems(first: 10) { nodes { remainingQuantity lineItem { id } } } } } } }`;
  const answer = await fetch(`${shop.url}/admin/api/${API_VERSION}/graphql.json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-shopify-access-token': TOKEN },
    body: JSON.stringify({ query, variables: { id: order } }),
  });
  return standing
    .parse(await answer.json())
    .data.order.fulfillmentOrders.nodes.filter(
      ({ status, assignedLocation }) => status === 'OPEN' && assignedLocation.location.id === location,
    )
    .flatMap(({ lineItems }) => lineItems.nodes)
    .reduce((sum, { lineItem, remainingQuantity }) => sum + (lineItem.id === line ? remainingQuantity : 0), 0);
}
