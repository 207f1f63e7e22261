import type { Business } from '../../src/connector/sandbox/business/business.ts';
import type { Shelf } from '../../src/connector/sandbox/business/shelves.ts';
import { PLACES, shopOf, type Shop } from '../../src/connector/sandbox/business/places.ts';
import type { Sale } from '../../src/connector/sandbox/business/sale.ts';
import type { ConnectionId, LocationId, Sku } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/time.ts';
import { orderTail } from './sandbox-ids.ts';

export interface StockRecord extends Shelf {
  readonly updatedAt: Instant;
}

export interface Subscription {
  readonly number: number;
  readonly topic: string;
  readonly uri: string;
  readonly at: Instant;
}

export interface BulkRun {
  readonly number: number;
  readonly query: string;
  readonly grouped: boolean;
  readonly at: Instant;
  readonly status: 'CREATED' | 'RUNNING' | 'COMPLETED' | 'CANCELED' | 'FAILED';
  readonly completedAt: Instant | null;
  readonly objects: number;
  readonly roots: number;
  readonly bytes: number;
}

/** Something that a webhook could tell of, in the order in which it happened. */
export interface Event {
  readonly number: number;
  /** As in the header: `orders/updated`. */
  readonly topic: string;
  readonly at: Instant;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The form of what is remembered; another form is not read. */
const FORM = 'shopify-shop-1';

/** All that one shop remembers, as JSON. */
export interface ShopMemory {
  readonly form: typeof FORM;
  readonly shop: ConnectionId;
  readonly sales: readonly Sale[];
  readonly stock: readonly StockRecord[];
  readonly late: readonly (readonly [tail: string, until: Instant | 'told'])[];
  readonly subscriptions: readonly Subscription[];
  readonly runs: readonly BulkRun[];
  readonly events: readonly Event[];
  readonly counted: number;
}

/** One shop of the business as its channel keeps it: what was there at the start and what has happened since. */
export class ShopState {
  readonly shop: Shop;
  readonly business: Business;
  /** Where this shop is reached, for the addresses that it gives out. */
  origin = '';
  #sales = new Map<string, Sale>();
  #listed: readonly Sale[] | null = null;
  #stock = new Map<string, StockRecord>();
  #late = new Map<string, Instant | 'told'>();
  subscriptions: Subscription[] = [];
  runs: BulkRun[] = [];
  events: Event[] = [];
  #counted = 0;

  constructor(business: Business, shop: ConnectionId) {
    this.business = business;
    this.shop = shopOf(shop);
    for (const sale of business.sales(shop)) this.#sales.set(orderTail(sale), sale);
    for (const shelf of business.stock(shop))
      this.#stock.set(stockKey(shelf.sku, shelf.place), { ...shelf, updatedAt: business.today });
  }

  /** A number that this shop has not given out yet. */
  count(): number {
    return ++this.#counted;
  }

  sale(tail: string): Sale | null {
    return this.#sales.get(tail) ?? null;
  }

  all(): Iterable<Sale> {
    return this.#sales.values();
  }

  get size(): number {
    return this.#sales.size;
  }

  /** Orders as the list shows them now: oldest change first, without those that it is late with. */
  listed(now: Instant): readonly Sale[] {
    this.#listed ??= [...this.#sales.values()].toSorted(
      (one, other) => one.updatedAt - other.updatedAt || one.number - other.number,
    );
    if (this.#late.size === 0) return this.#listed;
    return this.#listed.filter((sale) => {
      const until = this.#late.get(orderTail(sale));
      return until === undefined || (until !== 'told' && until <= now);
    });
  }

  put(sale: Sale): void {
    this.#sales.set(orderTail(sale), sale);
    this.#listed = null;
  }

  /** The list leaves the order out until then (or until it is shown), while it can be read by its id: a replica that lags. */
  listLate(tail: string, until: Instant | 'told'): void {
    this.#late.set(tail, until);
  }

  showAll(): void {
    this.#late.clear();
  }

  stock(): Iterable<StockRecord> {
    return this.#stock.values();
  }

  /** Every place of the business: a shop may be given work for one that it has no shelf at. */
  places(): readonly LocationId[] {
    return PLACES.map(({ id }) => id);
  }

  onShelf(sku: Sku, place: LocationId): StockRecord | null {
    return this.#stock.get(stockKey(sku, place)) ?? null;
  }

  putStock(record: StockRecord): void {
    this.#stock.set(stockKey(record.sku, record.place), record);
  }

  happened(topic: string, at: Instant, payload: Event['payload']): void {
    this.events.push({ number: this.count(), topic, at, payload });
  }

  remember(): ShopMemory {
    return {
      form: FORM,
      shop: this.shop.id,
      sales: [...this.#sales.values()],
      stock: [...this.#stock.values()],
      late: [...this.#late],
      subscriptions: this.subscriptions,
      runs: this.runs,
      events: this.events,
      counted: this.#counted,
    };
  }

  /** @throws Error for what is not this shop's own memory: the file is to be moved away. */
  recall(memory: unknown): void {
    if (!isMemory(memory) || memory.shop !== this.shop.id) {
      throw new Error(
        `what was saved is not the memory of the sandbox shop ${this.shop.id}; move the file away to start anew`,
      );
    }
    this.#sales = new Map(memory.sales.map((sale) => [orderTail(sale), sale]));
    this.#listed = null;
    this.#stock = new Map(memory.stock.map((record) => [stockKey(record.sku, record.place), record]));
    this.#late = new Map(memory.late);
    this.subscriptions = [...memory.subscriptions];
    this.runs = [...memory.runs];
    this.events = [...memory.events];
    this.#counted = memory.counted;
  }
}

function stockKey(sku: Sku, place: LocationId): string {
  return `${sku}@${place}`;
}

function isMemory(value: unknown): value is ShopMemory {
  return typeof value === 'object' && value !== null && 'form' in value && value.form === FORM;
}
