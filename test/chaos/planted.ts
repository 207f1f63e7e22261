import { z } from 'zod';
import { sandboxCredential } from '../../src/connector/sandbox/credentials.ts';
import { SANDBOX_API_VERSION } from '../../connectors/shopify/sandbox-answer.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { Remotes } from '../flows/remotes.ts';
import { shopsOf } from './life.ts';

/** `twice` = the runner itself tells a shop of a parcel once more; `lost` = it takes an order out of our store. */
export const PLANTED = ['twice', 'lost'] as const;
export type Planted = (typeof PLANTED)[number];

const work = z.object({
  data: z.object({
    order: z.object({
      fulfillmentOrders: z.object({
        nodes: z.array(z.object({ id: z.string(), status: z.string() })),
      }),
    }),
  }),
});
const made = z.object({
  data: z.object({ fulfillmentCreate: z.object({ fulfillment: z.object({ id: z.string() }).nullable() }) }),
});

/** Does on purpose what must not be, so that a judge that says nothing is known to be deaf. @returns what was done, in words */
export async function plant(which: Planted, store: Store, remotes: Remotes): Promise<string> {
  if (which === 'lost') {
    const order = await store.collections.orders.findOne({ stage: 'shipped' });
    if (order === null) throw new Error('no order has shipped: there is nothing to lose');
    await store.collections.orders.deleteOne({ _id: order._id });
    return `${order.number} was taken out of the store.`;
  }
  for (const shop of shopsOf(remotes)) {
    const [parcel] = (await remotes.told(shop)).confirmations.filter(({ tracking }) => tracking.some((each) => each.startsWith('SB'))); // prettier-ignore
    const waiting = await store.collections.orders.find({ connection: shop, stage: { $in: ['waiting', 'held', 'allocated'] } }).toArray(); // prettier-ignore
    for (const { externalId, number } of parcel === undefined ? [] : waiting) {
      const told = work.safeParse(await ask(remotes, shop, `{ order(id: "${externalId}") { fulfillmentOrders(first: 5) { nodes { id status } } } }`)); // prettier-ignore
      const open = told.data?.data.order.fulfillmentOrders.nodes.find(({ status }) => status === 'OPEN');
      if (open === undefined) continue;
      const tracking = parcel?.tracking[0] ?? '';
      const answer = made.safeParse(await ask(remotes, shop, `mutation { fulfillmentCreate(fulfillment: { lineItemsByFulfillmentOrder: [{ fulfillmentOrderId: "${open.id}" }], trackingInfo: { number: "${tracking}" } }) { fulfillment { id } userErrors { message } } }`)); // prettier-ignore
      if (answer.data?.data.fulfillmentCreate.fulfillment != null)
        return `${shop} was told once more of ${tracking}, with ${number}.`;
    }
  }
  throw new Error('no order waits at the shops: no parcel could be told of twice');
}

async function ask(remotes: Remotes, shop: string, query: string): Promise<unknown> {
  const answer = await fetch(`${remotes.address(shop)}/admin/api/${SANDBOX_API_VERSION}/graphql.json`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-shopify-access-token': sandboxCredential(shop, 'accessToken'),
    },
    body: JSON.stringify({ query }),
  });
  return answer.json();
}
