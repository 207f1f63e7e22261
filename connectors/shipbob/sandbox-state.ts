import type { Instant } from '../../src/domain/time.ts';

export interface HeldProduct {
  readonly reference: string;
  readonly name: string;
  readonly quantity: number;
}

export interface HeldShipment {
  readonly id: number;
  readonly orderId: number;
  readonly center: number;
  readonly products: readonly HeldProduct[];
  status: 'Processing' | 'LabeledCreated' | 'Completed' | 'OnHold' | 'Exception' | 'Cancelled' | 'ImportReview';
  reason: string | null;
  /** Picked from the shelf: can no longer be cancelled. */
  picked: boolean;
  tracking: string | null;
  readonly createdAt: Instant;
  updatedAt: Instant;
  trackedAt: Instant | null;
  fulfilledAt: Instant | null;
  deliveredAt: Instant | null;
}

export interface HeldOrder {
  readonly id: number;
  readonly channel: number;
  readonly reference: string;
  /** As the order shows them: without their names. */
  readonly products: readonly { readonly reference_id: string; readonly sku: string; readonly quantity: number }[];
  /** The request as it came. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly createdAt: Instant;
}

export interface Subscription {
  readonly id: string;
  readonly url: string;
  readonly topics: readonly string[];
  readonly secret: string;
  readonly at: Instant;
}

interface Shelf {
  readonly inventory: number;
  onHand: number;
  committed: number;
}

/** What a restart brings back. */
export interface Remembered {
  readonly orders: HeldOrder[];
  readonly shipments: HeldShipment[];
  readonly shelves: [string, Shelf][];
  readonly subscriptions: Subscription[];
  readonly events: { topic: string; shipment: number; number: number }[];
  readonly counted: number;
}

const DETAILS: Readonly<Record<string, string>> = {
  OnHold: 'The shipment is on hold',
  Exception: 'Out of stock at the assigned fulfillment center',
  Cancelled: 'Cancelled by the warehouse',
  ImportReview: 'The order waits for a review of its import',
};

/** The stand-in's warehouse: orders, shipments and shelves, and the moves that are possible. Every change is later than the one before. */
export class WarehouseState {
  readonly orders = new Map<number, HeldOrder>();
  readonly shipments = new Map<number, HeldShipment>();
  readonly references = new Map<string, number>();
  readonly shelves = new Map<string, Shelf>();
  readonly open = new Set<number>();
  readonly shipmentsOf = new Map<number, number[]>();
  subscriptions: Subscription[] = [];
  events: { topic: string; shipment: number; number: number }[] = [];
  #counted = 100_000;

  count(): number {
    return ++this.#counted;
  }

  stock(sku: string, center: number, onHand: number): void {
    const key = `${sku}@${center}`;
    const shelf = this.shelves.get(key);
    if (shelf) shelf.onHand = onHand;
    else this.shelves.set(key, { inventory: this.#inventoryOf(sku), onHand, committed: 0 });
  }

  /** The inventory id of a SKU is the same at every center. */
  #inventoryOf(sku: string): number {
    for (const [key, { inventory }] of this.shelves) if (key.startsWith(`${sku}@`)) return inventory;
    return this.count();
  }

  inventoryId(sku: string, center: number): number {
    return this.shelves.get(`${sku}@${center}`)?.inventory ?? 1;
  }

  create(order: Omit<HeldOrder, 'id'>, center: number, products: readonly HeldProduct[]): HeldOrder {
    const held = { ...order, id: this.count() };
    this.orders.set(held.id, held);
    this.references.set(`${held.channel}/${held.reference}`, held.id);
    this.#addShipment(held, center, products, order.createdAt);
    return held;
  }

  #addShipment(order: HeldOrder, center: number, products: readonly HeldProduct[], at: Instant): void {
    // An unknown product is made on the fly, without stock.
    for (const { reference } of products)
      if (!this.shelves.has(`${reference}@${center}`)) this.stock(reference, center, 0);
    const short = products.some(({ reference, quantity }) => {
      const shelf = this.shelves.get(`${reference}@${center}`);
      return shelf === undefined || shelf.onHand - shelf.committed < quantity;
    });
    const shipment: HeldShipment = {
      id: this.count(),
      orderId: order.id,
      center,
      products,
      status: short ? 'Exception' : 'Processing',
      reason: short ? (DETAILS['Exception'] ?? null) : null,
      picked: false,
      tracking: null,
      createdAt: at,
      updatedAt: at,
      trackedAt: null,
      fulfilledAt: null,
      deliveredAt: null,
    };
    this.shipments.set(shipment.id, shipment);
    this.shipmentsOf.set(order.id, [...(this.shipmentsOf.get(order.id) ?? []), shipment.id]);
    if (short) this.#tell('order.shipment.exception', shipment);
    else {
      this.#commit(shipment, 1);
      this.open.add(shipment.id);
    }
  }

  of(order: HeldOrder): HeldShipment[] {
    return (this.shipmentsOf.get(order.id) ?? []).flatMap((id) => this.shipments.get(id) ?? []);
  }

  statusOf(order: HeldOrder): string {
    const live = this.of(order).filter((each) => each.status !== 'Cancelled');
    if (live.length === 0) return 'Cancelled';
    if (live.some((each) => each.status === 'ImportReview')) return 'ImportReview';
    const done = live.filter((each) => each.status === 'Completed').length;
    if (done === live.length) return 'Fulfilled';
    if (live.some((each) => each.status === 'Exception')) return 'Exception';
    return done > 0 ? 'PartiallyFulfilled' : 'Processing';
  }

  /** One step on: picked, labelled, gone; `left` is when it went, where that is told later. */
  step(shipment: HeldShipment, at: Instant, left: Instant = at): void {
    if (shipment.status === 'LabeledCreated') {
      for (const { reference, quantity } of shipment.products) {
        const shelf = this.shelves.get(`${reference}@${shipment.center}`);
        if (shelf) shelf.onHand -= quantity;
      }
      this.#commit(shipment, -1);
      this.open.delete(shipment.id);
      this.change(shipment, at, { status: 'Completed', fulfilledAt: left });
      this.#tell('order.shipped', shipment);
    } else if (shipment.status === 'Processing' && shipment.picked) {
      this.change(shipment, at, { status: 'LabeledCreated', tracking: `SB${shipment.id}`, trackedAt: at });
    } else if (shipment.status === 'Processing') this.change(shipment, at, { picked: true });
  }

  /** Whether it could be stopped: not once it is picked. */
  cancel(shipment: HeldShipment, at: Instant): boolean {
    if (shipment.picked || shipment.status === 'Completed' || shipment.status === 'Cancelled') return false;
    if (this.open.delete(shipment.id)) this.#commit(shipment, -1);
    this.change(shipment, at, { status: 'Cancelled', reason: DETAILS['Cancelled'] ?? null });
    this.#tell('order.shipment.cancelled', shipment);
    return true;
  }

  /** Makes it wait, or lets it go on. A shipment that has left neither. */
  hold(shipment: HeldShipment, at: Instant, status: 'OnHold' | 'ImportReview' | 'Processing'): void {
    if (!['Processing', 'OnHold', 'ImportReview'].includes(shipment.status) || shipment.picked)
      throw new RangeError(`the shipment ${shipment.id} is ${shipment.status} and cannot be made ${status}`);
    this.change(shipment, at, { status, reason: DETAILS[status] ?? null });
    if (status === 'OnHold') this.#tell('order.shipment.on_hold', shipment);
  }

  /** The carrier's last scan changes the shipment's tracking time alone. */
  deliver(shipment: HeldShipment, at: Instant): void {
    if (shipment.status !== 'Completed') throw new RangeError(`the shipment ${shipment.id} has not left`);
    shipment.deliveredAt = shipment.trackedAt = Math.max(at, shipment.updatedAt + 1);
    this.#tell('order.shipment.delivered', shipment);
  }

  /** Each product into a shipment of its own. */
  split(order: HeldOrder, at: Instant): void {
    const [first, ...rest] = this.of(order);
    if (first === undefined || rest.length > 0 || first.picked || first.status !== 'Processing')
      throw new RangeError(`the order ${order.id} cannot be split any more`);
    this.#commit(first, -1);
    this.open.delete(first.id);
    this.shipments.delete(first.id);
    this.shipmentsOf.set(order.id, []);
    for (const product of first.products)
      this.#addShipment(order, first.center, [product], Math.max(at, first.updatedAt + 1));
  }

  change(shipment: HeldShipment, at: Instant, to: Partial<HeldShipment>): void {
    Object.assign(shipment, to, { updatedAt: Math.max(at, shipment.updatedAt + 1) });
  }

  #commit(shipment: HeldShipment, sign: 1 | -1): void {
    for (const { reference, quantity } of shipment.products) {
      const shelf = this.shelves.get(`${reference}@${shipment.center}`);
      if (shelf) shelf.committed += sign * quantity;
    }
  }

  #tell(topic: string, shipment: HeldShipment): void {
    this.events.push({ topic, shipment: shipment.id, number: this.count() });
  }

  remember(): Remembered {
    return {
      orders: [...this.orders.values()],
      shipments: [...this.shipments.values()],
      shelves: [...this.shelves],
      subscriptions: this.subscriptions,
      events: this.events,
      counted: this.#counted,
    };
  }

  recall(saved: Remembered): void {
    for (const order of saved.orders) {
      this.orders.set(order.id, order);
      this.references.set(`${order.channel}/${order.reference}`, order.id);
    }
    for (const shipment of saved.shipments) {
      this.shipments.set(shipment.id, shipment);
      this.shipmentsOf.set(shipment.orderId, [...(this.shipmentsOf.get(shipment.orderId) ?? []), shipment.id]);
      if (['Processing', 'LabeledCreated', 'OnHold', 'ImportReview'].includes(shipment.status))
        this.open.add(shipment.id);
    }
    this.shelves.clear();
    for (const [key, shelf] of saved.shelves) this.shelves.set(key, shelf);
    this.subscriptions = saved.subscriptions;
    this.events = saved.events;
    this.#counted = saved.counted;
  }
}
