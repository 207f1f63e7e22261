import type { Product } from '../../src/connector/sandbox/business/catalogue.ts';
import { dateTime, gid, locationTail } from './sandbox-ids.ts';
import type { ShopState, StockRecord } from './sandbox-state.ts';
import { locationNode, type Plain } from './sandbox-writing.ts';

const ITEMS_FROM = 9_000_000;

export function itemId(product: Product): string {
  return gid('InventoryItem', ITEMS_FROM + product.number);
}

/** Shopify keeps an inventory item for each thing on sale; downloads, gift cards and kits are not counted. */
export function itemNodes(state: ShopState): Plain[] {
  const committed = committedUnits(state);
  return state.business.products.map((product) => itemNode(state, product, committed));
}

/** One item by the tail of its id, or null. */
export function itemByTail(state: ShopState, tail: string): Plain | null {
  const product = state.business.products.find((each) => ITEMS_FROM + each.number === Number(tail));
  return product ? itemNode(state, product, committedUnits(state)) : null;
}

function itemNode(state: ShopState, product: Product, committed: ReadonlyMap<string, number>): Plain {
  const tracked = product.kind === 'goods' && !product.channelFulfilled;
  const records = tracked ? state.shop.places.flatMap((place) => state.onShelf(product.sku, place) ?? []) : [];
  const item: Record<string, unknown> = {
    __typename: 'InventoryItem',
    id: itemId(product),
    sku: product.sku,
    tracked,
    requiresShipping: product.kind === 'goods' || product.kind === 'kit',
    createdAt: '2024-03-01T08:00:00Z',
    updatedAt: dateTime(Math.max(state.business.today, ...records.map((record) => record.updatedAt))),
    harmonizedSystemCode: product.customsCode,
    countryCodeOfOrigin: 'DE',
    unitCost: null,
  };
  item['inventoryLevels'] = records.map((record) =>
    levelNode(record, product, item, committed.get(`${record.sku}@${record.place}`) ?? 0),
  );
  return item;
}

function levelNode(record: StockRecord, product: Product, item: Plain, committed: number): Plain {
  const tail = locationTail(record.place);
  const updatedAt = dateTime(record.updatedAt);
  const quantity = (name: string, units: number): Plain => ({
    __typename: 'InventoryQuantity',
    id: `gid://shopify/InventoryQuantity/${tail}?inventory_item_id=${product.number}&name=${name}`,
    name,
    quantity: units,
    updatedAt,
  });
  return {
    __typename: 'InventoryLevel',
    id: `gid://shopify/InventoryLevel/${tail}?inventory_item_id=${ITEMS_FROM + product.number}`,
    isActive: true,
    createdAt: '2024-03-01T08:00:00Z',
    updatedAt,
    location: locationNode(tail),
    item,
    // `on_hand` is all that is there; `available` has what open orders are promised taken off and may fall below zero.
    quantities: [
      quantity('on_hand', record.onHand),
      quantity('available', record.onHand - committed),
      quantity('committed', committed),
      quantity('incoming', 0),
      quantity('reserved', 0),
    ],
  };
}

/** What Shopify has promised to open orders, by `sku@place`: by the thing sold, as it knows of no kits. */
export function committedUnits(state: ShopState): Map<string, number> {
  const units = new Map<string, number>();
  for (const sale of state.all()) {
    for (const work of sale.assigned) {
      if (work.by !== 'us' || work.place === null || work.status === 'closed' || work.status === 'cancelled') continue;
      for (const { line: number, remaining } of work.lines) {
        const sku = sale.lines.find((line) => line.number === number)?.sku;
        if (sku) units.set(`${sku}@${work.place}`, (units.get(`${sku}@${work.place}`) ?? 0) + remaining);
      }
    }
  }
  return units;
}

/** All locations that the shop knows, its own first. */
export function locationNodes(state: ShopState): Plain[] {
  const own = state.shop.places.map((place) => locationNode(locationTail(place)));
  return [...own, locationNode(locationTail(null)), locationNode(locationTail(null, 'channel'))];
}
