import type { LocationId, Sku } from '../../../domain/ids.ts';
import { CATALOGUE, productOf } from './catalogue.ts';
import { Chance } from './chance.ts';
import type { Shop } from './places.ts';
import type { Sale } from './sale.ts';

/** What is on hand of one SKU at one place. */
export interface Shelf {
  readonly sku: Sku;
  readonly place: LocationId;
  readonly onHand: number;
}

/** Share of the open orders that are to find their goods sold out, in percent. */
const WAITING_PERCENT = 5;
/** A benchmark's stock is drawn from this many orders and scaled, so that asking for it does not cost telling them all. */
const LOOKED_AT = 2_000;

/**
 * Stock that covers the open orders with a cushion, but for a few SKUs that have about half of what is asked: those
 * are chosen until some 5 % of the open orders, oldest first, would have to wait.
 */
export function stockOf(seed: string, shop: Shop, sales: Iterable<Sale>, many: number): readonly Shelf[] {
  const wants: { readonly needs: ReadonlyMap<string, number> }[] = [];
  const asked = new Map<string, number>();
  let looked = 0;
  for (const sale of sales) {
    if (++looked > LOOKED_AT) break;
    const needs = needsOf(sale);
    if (needs.size === 0) continue;
    wants.push({ needs });
    for (const [shelf, quantity] of needs) asked.set(shelf, (asked.get(shelf) ?? 0) + quantity);
  }
  const scale = Math.max(1, many / LOOKED_AT);
  const chance = new Chance(`${seed}/stock/${shop.id}`);
  const short = chooseShort(chance, wants, asked);
  const shelves: Shelf[] = [];
  for (const place of shop.places) {
    for (const product of CATALOGUE) {
      if (product.kind !== 'goods' || product.channelFulfilled) continue;
      const key = `${product.sku}@${place}`;
      const demand = asked.get(key) ?? 0;
      const cushion = chance.whole(8, 90);
      // The slower half of the range is kept at one place only, unless somebody has asked for it here.
      const stocked =
        demand > 0 || product.number % 2 === 0 || place === shop.places[product.number % shop.places.length];
      const kept = short.get(key);
      if (stocked) shelves.push({ sku: product.sku, place, onHand: Math.ceil((kept ?? demand + cushion) * scale) });
    }
  }
  return shelves;
}

/** What of whose shelf an order still needs, by `sku@place`, kits taken apart. */
export function needsOf(sale: Sale): Map<string, number> {
  const needs = new Map<string, number>();
  for (const work of sale.assigned) {
    if (work.by !== 'us' || work.place === null) continue;
    for (const { line: number, remaining } of work.lines) {
      const line = sale.lines.find((each) => each.number === number);
      if (!line?.sku || remaining === 0) continue;
      for (const { sku, quantity } of productOf(line.sku).components) {
        const key = `${sku}@${work.place}`;
        needs.set(key, (needs.get(key) ?? 0) + quantity * remaining);
      }
    }
  }
  return needs;
}

function chooseShort(
  chance: Chance,
  wants: readonly { readonly needs: ReadonlyMap<string, number> }[],
  asked: ReadonlyMap<string, number>,
): Map<string, number> {
  const short = new Map<string, number>();
  const waiting = new Set<number>();
  const aim = Math.round((wants.length * WAITING_PERCENT) / 100);
  const often = [...asked]
    .filter(([, quantity]) => quantity >= 4)
    .map(([shelf]) => shelf)
    .toSorted();
  while (waiting.size < aim && often.length > 0) {
    const shelf = chance.pick(often);
    often.splice(often.indexOf(shelf), 1);
    const kept = Math.floor((asked.get(shelf) ?? 0) / 2);
    const would: number[] = [];
    let left = kept;
    wants.forEach(({ needs }, at) => {
      const need = needs.get(shelf) ?? 0;
      if (need === 0 || waiting.has(at)) return;
      if (need <= left) left -= need;
      else would.push(at);
    });
    // One shelf may not empty half the shop.
    if (would.length === 0 || waiting.size + would.length > aim * 1.3 + 1) continue;
    short.set(shelf, kept);
    for (const at of would) waiting.add(at);
  }
  return short;
}
