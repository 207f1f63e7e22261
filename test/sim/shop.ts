import type { InventorySink, Observed, OrderSource, Published, ShipmentSink } from '../../src/connector/contract.ts';
import type { ChannelLevel, Confirmation } from '../../src/domain/fulfillment.ts';
import { Channel } from '../flows/order-text.ts';
import type { Chance } from './chance.ts';
import { LISTING_LAG_MS, paged } from './depot.ts';
import type { KeyBook } from './key-book.ts';
import type { Caller } from './remote.ts';
import { canonicalOrder, keptOf, observedOrder, PRICE, type ShopOrder } from './shop-order.ts';
import type { World } from './world.ts';

const texts = new Channel();

/** A channel that sells: buyers order, edit and cancel there, and it shows what is left. */
export class Shop {
  readonly orders = new Map<string, ShopOrder>();
  /** What it shows as left, by listing and location. */
  readonly shown = new Map<string, number>();
  readonly keys: KeyBook<Confirmation>;
  /** Until then buyers change their minds at the worst moment. */
  moody = true;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #tickMs: number;

  /** @param tickMs how long two changes have the same version */
  constructor(world: World, keys: KeyBook<Confirmation>, chance: Chance, tickMs: number) {
    this.#world = world;
    this.keys = keys;
    this.#chance = chance;
    this.#tickMs = tickMs;
  }

  place(lines: readonly { readonly sku: string; readonly quantity: number }[]): void {
    const { now } = this.#world;
    const order: ShopOrder = {
      id: String(this.orders.size + 1),
      placedAt: now,
      version: 0,
      listedAt: now,
      cancelled: false,
      lines: lines.map((line) => ({ ...line, cancelled: 0, shipped: 0 })),
      payments: [{ amount: priceOf(lines), at: now }],
      refunds: [],
    };
    this.orders.set(order.id, order);
    for (const { sku, quantity } of lines) this.#sell(sku, quantity);
    this.#changed(order);
    this.#world.trace(`shop order ${order.id}: ${lines.map(({ sku, quantity }) => `${quantity} ${sku}`).join(', ')}`);
  }

  /** A buyer changes his mind: fewer of a line, or one line more. */
  edit(order: ShopOrder, more: { readonly sku: string; readonly quantity: number } | null): void {
    if (order.cancelled) return;
    const line = order.lines.find((each) => each.quantity - each.cancelled - each.shipped > 0);
    if (more !== null) {
      order.lines.push({ ...more, cancelled: 0, shipped: 0 });
      order.payments.push({ amount: priceOf([more]), at: this.#world.now });
      this.#sell(more.sku, more.quantity);
    } else if (line !== undefined) line.cancelled += 1;
    else return;
    this.#changed(order);
    this.#world.trace(`shop order ${order.id} is edited`);
  }

  cancel(order: ShopOrder): void {
    if (order.cancelled || order.lines.some(({ shipped }) => shipped > 0)) return;
    order.cancelled = true;
    this.#changed(order);
    this.#world.trace(`shop order ${order.id} is cancelled`);
  }

  /**
   * Money goes back: for a unit that is taken out by it, for one that had shipped, or for nothing but good will. Nobody
   * gets back more than was paid, nor twice for one unit.
   * @param at when it went back; before now where the shop tells of it late
   */
  refund(order: ShopOrder, kind: 'cancel' | 'no-restock' | 'good will', at = this.#world.now): void {
    const kept = keptOf(order);
    const units = (line: number, restock: string): number =>
      order.refunds.filter((one) => one.line === line && one.restock === restock).length;
    if (kind === 'good will') {
      if (kept < 250) return;
      order.refunds.push({ at, line: null, restock: 'no-restock', amount: 250 });
    } else {
      const index = order.lines.findIndex(({ quantity, cancelled, shipped }, place) =>
        kind === 'cancel' ? quantity - cancelled - shipped > 0 : shipped > units(place + 1, kind),
      );
      const line = order.lines[index];
      if (line === undefined || kept < PRICE || order.cancelled) return;
      if (kind === 'cancel') line.cancelled += 1;
      order.refunds.push({ at, line: index + 1, restock: kind, amount: PRICE });
    }
    this.#changed(order);
    this.#world.trace(`shop order ${order.id} gets money back: ${kind}`);
  }

  /** When everything that is ever listed is. */
  listedBy(): number {
    return Math.max(0, ...[...this.orders.values()].map(({ listedAt }) => (listedAt === Infinity ? 0 : listedAt)));
  }

  open(caller: Caller): { orders: OrderSource; confirmations: ShipmentSink; inventory: InventorySink } {
    return {
      orders: this.#orderSource(caller),
      confirmations: {
        uniqueness: this.keys.uniqueness,
        send: async (confirmation, key, signal) => ({
          id: await caller.call(
            'write',
            `confirm ${key}`,
            () => this.#confirm(key, structuredClone(confirmation)),
            signal,
          ),
          state: 'done',
        }),
        find: (key) => caller.call('read', `find ${key}`, () => this.keys.find(key)),
      },
      inventory: this.#inventory(caller),
    };
  }

  /** The versions that its list never shows, by order. */
  unlisted(): (readonly [id: string, version: number])[] {
    return [...this.orders.values()].flatMap(({ id, version, listedAt }) =>
      listedAt === Infinity ? [[id, version] as const] : [],
    );
  }

  /** How its orders are read, for whoever asks nothing of it. */
  source(): OrderSource {
    return this.#orderSource({ call: async (_kind, _what, apply) => apply() });
  }

  #changed(order: ShopOrder): void {
    const { now } = this.#world;
    const before = order.version;
    order.version = Math.max(before, now - (now % this.#tickMs));
    order.listedAt = now + (this.#chance.percent(30) ? this.#chance.between(0, LISTING_LAG_MS) : 0);
    // Some changes the list never shows: they are there by their id only, and seen by their version.
    if (this.#chance.percent(3) && order.version > before) order.listedAt = Infinity;
  }

  #sell(sku: string, quantity: number): void {
    const place = [...this.shown.keys()].find((each) => each.startsWith(`${sku}@`));
    if (place !== undefined) this.shown.set(place, (this.shown.get(place) ?? 0) - quantity);
  }

  #confirm(key: string, confirmation: Confirmation): string {
    return this.keys.take(key, confirmation, () => {
      const order = this.orders.get(confirmation.order);
      if (order === undefined)
        throw new Error(`the shop was told of order ${confirmation.order}, which it does not have`);
      for (const { line, quantity } of confirmation.lines) {
        const known = order.lines[Number(line) - 1];
        if (known !== undefined) known.shipped += quantity;
      }
      this.#changed(order);
    });
  }

  #orderSource(caller: Caller): OrderSource {
    const list = (from: number): Observed[] =>
      [...this.orders.values()]
        .filter(({ version, listedAt }) => version >= from && listedAt <= this.#world.now)
        .map((order) => this.#read(order));
    return {
      pull: (since) => paged(since, (from) => caller.call('read', `orders from ${from}`, () => list(from))),
      get: (id) =>
        caller.call('read', `order ${id}`, () => {
          const order = this.orders.get(id);
          return order === undefined ? null : this.#read(order);
        }),
      ids: async function* (this: Shop, { from, to }: { readonly from: number; readonly to: number }) {
        yield* await caller.call('read', `ids from ${from}`, () =>
          [...this.orders.values()]
            .filter(({ version }) => version >= from && version < to)
            .map(({ id, version }) => ({ id, version })),
        );
      }.bind(this),
      normalize: (record, map) => canonicalOrder(record, texts.normalize(record, map)),
    };
  }

  /** As it stands. Sometimes a buyer edits it again in the very tick in which it was read: it then keeps its version. */
  #read(order: ShopOrder): Observed {
    const { now } = this.#world;
    const left = this.#tickMs - (now % this.#tickMs);
    if (this.moody && left > 1 && order.version === now - (now % this.#tickMs) && this.#chance.percent(10))
      this.#world.in(this.#chance.between(1, left - 1), null, () => {
        this.edit(order, null);
      });
    return observedOrder(order);
  }

  #inventory(caller: Caller): InventorySink {
    const levels = (listings: readonly string[] | null): ChannelLevel[] =>
      [...this.shown].flatMap(([place, available]) => {
        const [listing = '', location = ''] = place.split('@');
        return listings === null || listings.includes(listing) ? [{ listing, item: listing, location, available }] : [];
      });
    return {
      levels: (listings) => caller.call('read', 'levels', () => levels(listings)),
      all: async function* () {
        yield await caller.call('read', 'all levels', () => levels(null));
      },
      publish: (publications, _key, signal) =>
        caller.call(
          'write',
          `publish ${publications.map((one) => `${one.listing}@${one.location}=${one.wanted}`).join()}`,
          () =>
            publications.map(({ listing, location, available, wanted }): Published => {
              const place = `${listing}@${location}`;
              if (this.shown.get(place) !== available) return 'moved on';
              this.shown.set(place, wanted);
              return 'done';
            }),
          signal,
        ),
    };
  }
}

function priceOf(lines: readonly { readonly quantity: number }[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity * PRICE, 0);
}
