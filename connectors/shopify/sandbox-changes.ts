import { z } from 'zod';
import { Chance } from '../../src/connector/sandbox/business/chance.ts';
import {
  cancelled,
  lineAdded,
  quantityReduced,
  refundedInFull,
  refundedInPart,
  returnClosed,
  returnOpened,
  shipped,
  shippingRefunded,
  touched,
} from '../../src/connector/sandbox/business/history.ts';
import { currentQuantity, type Sale } from '../../src/connector/sandbox/business/sale.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { SANDBOX_API_VERSION } from './sandbox-answer.ts';
import { dateTime, gid, locationTail, orderTail, readGid } from './sandbox-ids.ts';
import type { ShopState } from './sandbox-state.ts';
import { itemId } from './sandbox-stock.ts';

const KINDS = [
  'touch',
  'edit-add',
  'edit-reduce',
  'cancel',
  'refund-full',
  'refund-partial',
  'refund-shipping',
  'ship',
  'return-open',
  'return-close',
] as const;
type Kind = (typeof KINDS)[number];

const instant = z.iso.datetime().optional();

/** New orders, changes of old ones and stock counts, so many of each; `at` gives all of them one instant. */
export const tickInput = z
  .strictObject({
    orders: z.int().min(0).default(3),
    changes: z.int().min(0).default(3),
    counts: z.int().min(0).default(2),
    at: instant,
  })
  .nullable();
export const changeInput = z.strictObject({ order: z.string(), kind: z.enum(KINDS), at: instant });
export const countInput = z.strictObject({ sku: z.string(), place: z.string(), onHand: z.int(), at: instant });

/** How each topic's payload looks: only what a hint needs, as Shopify's REST-shaped bodies have it. */
function tell(state: ShopState, topic: string, sale: Sale, at: number): void {
  state.happened(topic, at, {
    id: Number(orderTail(sale)),
    admin_graphql_api_id: gid('Order', orderTail(sale)),
    name: `#${sale.number}`,
    updated_at: dateTime(sale.updatedAt),
  });
}

const HAPPENINGS: Readonly<
  Record<Kind, { readonly topics: readonly string[]; readonly happens: (sale: Sale, at: number) => Sale }>
> = {
  touch: { topics: [], happens: touched },
  'edit-add': { topics: ['orders/edited'], happens: (sale, at) => lineAdded(sale, at, 'SKU-010') },
  'edit-reduce': { topics: ['orders/edited', 'refunds/create'], happens: quantityReduced },
  cancel: { topics: ['orders/cancelled', 'refunds/create'], happens: (sale, at) => cancelled(sale, at, 'customer') },
  'refund-full': { topics: ['refunds/create'], happens: refundedInFull },
  'refund-partial': { topics: ['refunds/create'], happens: (sale, at) => refundedInPart(sale, at) },
  'refund-shipping': { topics: ['refunds/create'], happens: shippingRefunded },
  ship: { topics: ['fulfillments/create'], happens: (sale, at) => shipped(sale, at, 'UPS') },
  'return-open': { topics: ['returns/request'], happens: (sale, at) => returnOpened(sale, at, 'UNWANTED') },
  'return-close': { topics: ['returns/close', 'refunds/create'], happens: returnClosed },
};

/** One change of one order, named by id or number. @throws Error for an order that the shop does not have. */
export function change(state: ShopState, clock: Clock, input: z.output<typeof changeInput>) {
  const tail = readGid(input.order)?.tail ?? tailOfNumber(state, input.order);
  const sale = tail === null ? null : state.sale(tail);
  if (!sale) throw new Error(`the shop has no order "${input.order}"`);
  return apply(state, sale, input.kind, moment(clock, input.at));
}

/** Time goes on: the second round of whoever reads the shop finds something. */
export function tick(state: ShopState, clock: Clock, input: z.output<typeof tickInput>) {
  const { orders, changes, counts, at: given } = input ?? { orders: 3, changes: 3, counts: 2, at: undefined };
  const at = moment(clock, given);
  const turn = state.count();
  const chance = new Chance(`${state.business.seed}/tick/${state.shop.id}`, turn);
  const told = { placed: [] as string[], changed: [] as { id: string; kind: Kind }[], counted: [] as string[] };
  for (let made = 0; made < orders; made++) {
    const sale = state.business.newSale(state.shop.id, state.size, at);
    state.put(sale);
    tell(state, 'orders/create', sale, at);
    told.placed.push(gid('Order', orderTail(sale)));
  }
  const open = [...state.all()].filter(
    (sale) => sale.cancelledAt === null && sale.lines.some((line) => currentQuantity(line) > 0),
  );
  for (let made = 0; made < changes && open.length > 0; made++) {
    const sale = chance.pick(open);
    const sent = sale.parcels.length > 0;
    const kind: Kind = sent
      ? chance.pick(['refund-partial', 'refund-shipping', 'touch', 'return-open'] as const)
      : chance.pick(['edit-add', 'edit-reduce', 'cancel', 'refund-partial', 'touch'] as const);
    apply(state, state.sale(orderTail(sale)) ?? sale, kind, at);
    open.splice(open.indexOf(sale), 1);
    told.changed.push({ id: gid('Order', orderTail(sale)), kind });
  }
  const shelves = [...state.stock()];
  for (let made = 0; made < counts && shelves.length > 0; made++) {
    const shelf = chance.pick(shelves);
    count(state, clock, {
      sku: shelf.sku,
      place: shelf.place,
      onHand: Math.max(0, shelf.onHand + chance.whole(-5, 12)),
      at: given,
    });
    told.counted.push(`${shelf.sku}@${shelf.place}`);
  }
  return told;
}

/** A count at one place. @throws Error for a SKU that is not kept there. */
export function count(state: ShopState, clock: Clock, input: z.output<typeof countInput>) {
  const before = state.onShelf(input.sku, input.place);
  const product = state.business.products.find((each) => each.sku === input.sku);
  if (!before || !product) throw new Error(`the shop keeps no "${input.sku}" at "${input.place}"`);
  const at = moment(clock, input.at);
  state.putStock({ ...before, onHand: input.onHand, updatedAt: Math.max(before.updatedAt, at) });
  state.happened('inventory_levels/update', at, {
    inventory_item_id: Number(readGid(itemId(product))?.tail),
    location_id: locationTail(before.place),
    available: input.onHand,
    updated_at: dateTime(at),
    admin_graphql_api_id: `gid://shopify/InventoryLevel/${locationTail(before.place)}?inventory_item_id=${readGid(itemId(product))?.tail ?? ''}`,
  });
  return { sku: input.sku, place: input.place, onHand: input.onHand };
}

function apply(state: ShopState, sale: Sale, kind: Kind, at: number) {
  const { topics, happens } = HAPPENINGS[kind];
  const now = happens(sale, at);
  state.put(now);
  for (const topic of topics) {
    if (topic === 'refunds/create') {
      const refund = now.refunds.at(-1);
      if (refund)
        state.happened(topic, at, {
          id: Number(`${orderTail(now)}${refund.number}`.slice(-15)),
          order_id: Number(orderTail(now)),
          api_version: SANDBOX_API_VERSION,
        });
    } else tell(state, topic, now, at);
  }
  tell(state, 'orders/updated', now, at);
  return { id: gid('Order', orderTail(now)), version: now.updatedAt, revision: now.revision };
}

/** Whole seconds, as the shop keeps its times; so two changes of one second share theirs. */
function moment(clock: Clock, at: string | undefined): number {
  return Math.floor((at === undefined ? clock.now() : Date.parse(at)) / 1_000) * 1_000;
}

function tailOfNumber(state: ShopState, text: string): string | null {
  const number = Number(text.replace('#', ''));
  for (const sale of state.all()) if (sale.number === number) return orderTail(sale);
  return null;
}
