import { z } from 'zod';
import { business } from '../../src/connector/sandbox/business/business.ts';
import { sandboxCredential } from '../../src/connector/sandbox/credentials.ts';
import { openStandIn, type StandIn } from '../../src/connector/sandbox/stand-in.ts';
import { NOTHING_TOLD, type Told } from '../../src/connector/sandbox/told.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type { Instant } from '../../src/domain/time.ts';
import { answer, items, type Serving } from './sandbox-answer.ts';
import { WarehouseState, type HeldOrder, type Remembered } from './sandbox-state.ts';
import { shipmentView } from './sandbox-views.ts';
import { deliver, deliverInput } from './sandbox-webhooks.ts';
import { observed } from './shipments.ts';

/** Of the connector's own settings, those that the stand-in must agree with. */
const settings = z.object({
  channel: z.int().positive().default(100_123),
  centers: z.record(z.string(), z.int().positive()).default({ newark: 211, reno: 212 }),
  callsPerMinute: z.int().positive().default(150),
});

export interface Books {
  readonly orders: readonly { readonly id: string; readonly reference: string; readonly status: string }[];
  readonly shipments: readonly {
    readonly id: string;
    readonly version: number;
    readonly order: string;
    readonly status: string;
    readonly tracking: string | null;
  }[];
  readonly stock: readonly {
    readonly inventory: string;
    readonly sku: string;
    readonly center: number;
    readonly onHand: number;
  }[];
}

export interface ShipBobStandIn {
  readonly url: string;
  /** Keys as in the connector's configuration. */
  readonly credentials: { readonly accessToken: string; readonly webhookSecret: string };
  /** Faults, requests, problems, save. The same over HTTP at `/__stand-in/…`. */
  readonly control: StandIn;
  books(): Books;
  /** What `POST /__stand-in/do/<verb>` does, in process: tick, ship, pick, deliver, hold, review, release, cancel, split, touch, stock, scopes, tell. */
  tell(verb: string, input?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly connection: string;
  /** What the connector itself is configured with. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly seed: string;
  readonly today: Instant;
  readonly clock: Clock;
  readonly port?: number;
  /** A file in which the warehouse outlives its own restart. */
  readonly snapshot?: string;
  /** Orders leave by themselves so long after they came, seen at the next request; null = only when told. Default null. */
  readonly shipAfterMs?: number | null;
  readonly accessToken?: string;
  readonly webhookSecret?: string;
}

const ofOrder = z.strictObject({ order: z.string() });
const ofShipment = z.strictObject({ shipment: z.string() });
const deliveredInput = ofOrder.extend({ at: z.iso.datetime().optional() });
const tickInput = z.strictObject({ steps: z.int().min(1).default(1) });
const stockInput = z.strictObject({ sku: z.string(), center: z.int(), onHand: z.int().min(0) });
const scopesInput = z.strictObject({ scopes: z.array(z.string()) });

/** Starts a ShipBob account behind its API 2026-01 on loopback, with the stock of the sandbox business at the configured centers. */
export async function startStandIn(options: StartOptions): Promise<ShipBobStandIn> {
  const { connection, clock, snapshot, shipAfterMs = null } = options;
  const { channel, centers, callsPerMinute } = settings.parse(options.input);
  const credentials = {
    accessToken: options.accessToken ?? sandboxCredential(connection, 'accessToken'),
    webhookSecret: options.webhookSecret ?? sandboxCredential(connection, 'webhookSecret'),
  };
  const state = new WarehouseState();
  fill(state, options, centers);
  const serving: Serving = {
    state,
    clock,
    token: credentials.accessToken,
    channel,
    centers: new Set(Object.values(centers)),
    scopes: ['orders_read', 'orders_write', 'inventory_read', 'locations_read', 'webhooks_read', 'webhooks_write'],
    callsPerMinute,
    calls: [],
  };

  const orderOf = (input: unknown): HeldOrder => {
    const { order } = ofOrder.parse(input);
    const found = state.orders.get(Number(order)) ?? state.orders.get(state.references.get(`${channel}/${order}`) ?? 0);
    if (found === undefined) throw new RangeError(`there is no order ${order}`);
    return found;
  };
  const each = (does: (shipment: ReturnType<typeof state.of>[number]) => unknown) => (input: unknown) => {
    for (const shipment of state.of(orderOf(input))) does(shipment);
  };
  const leave = (id: number, left: Instant = clock.now()): void => {
    const shipment = state.shipments.get(id);
    if (shipment) for (let step = 0; step < 3; step++) state.step(shipment, clock.now(), left);
  };
  const verbs: Record<string, (input: unknown) => unknown> = {
    tick: (input) => {
      const { steps } = tickInput.parse(input ?? {});
      for (let step = 0; step < steps; step++)
        for (const id of [...state.open]) {
          const shipment = state.shipments.get(id);
          if (shipment) state.step(shipment, clock.now());
        }
    },
    ship: each((shipment) => leave(shipment.id)),
    pick: (input) => {
      const { shipment } = ofShipment.parse(input);
      const found = state.shipments.get(Number(shipment));
      if (found === undefined) throw new RangeError(`there is no shipment ${shipment}`);
      state.change(found, clock.now(), { picked: true });
    },
    deliver: (input) => {
      const { at, ...of } = deliveredInput.parse(input);
      for (const shipment of state.of(orderOf(of)))
        state.deliver(shipment, at === undefined ? clock.now() : Date.parse(at));
    },
    hold: each((shipment) => state.hold(shipment, clock.now(), 'OnHold')),
    review: each((shipment) => state.hold(shipment, clock.now(), 'ImportReview')),
    release: each((shipment) => state.hold(shipment, clock.now(), 'Processing')),
    cancel: each((shipment) => state.cancel(shipment, clock.now())),
    split: (input) => state.split(orderOf(input), clock.now()),
    touch: (input) => {
      const shipment = state.shipments.get(Number(ofShipment.parse(input).shipment));
      if (shipment) state.change(shipment, clock.now(), {});
    },
    stock: (input) => {
      const { sku, center, onHand } = stockInput.parse(input);
      state.stock(sku, center, onHand);
    },
    scopes: (input) => {
      serving.scopes = scopesInput.parse(input).scopes;
    },
    tell: (input) => deliver(state, clock, credentials.webhookSecret, deliverInput.parse(input ?? {})),
  };

  // One snapshot for all writes that came while the last one was being written.
  let tail = Promise.resolve();
  let queued: Promise<void> | null = null;
  const saved = (): Promise<void> => {
    if (snapshot === undefined) return tail;
    queued ??= tail = tail.then(() => {
      queued = null;
      return control.save();
    });
    return queued;
  };
  const control = await openStandIn({
    name: `shipbob ${connection}`,
    clock,
    answer: async (request) => {
      if (shipAfterMs !== null) {
        for (const id of [...state.open]) {
          const shipment = state.shipments.get(id);
          const due = (shipment?.createdAt ?? Infinity) + shipAfterMs;
          // It left when it was due, not when somebody looks: a count that was asked for after that misses it already.
          if (due <= clock.now()) leave(id, due);
        }
      }
      const answered = answer(request, serving);
      if (request.method !== 'GET') await saved();
      return answered;
    },
    books: () => ({ ...booksOf(state), requests: control.requests() }),
    told: () => ({ ...NOTHING_TOLD, requests: requestsOf(state) }),
    verbs: Object.fromEntries(
      Object.entries(verbs).map(([name, does]) => [
        name,
        async (input: unknown) => {
          const done = await does(input);
          await saved();
          return done;
        },
      ]),
    ),
    ...(options.port !== undefined && { port: options.port }),
    ...(snapshot !== undefined && {
      snapshot: { file: snapshot, take: () => state.remember(), restore: (kept) => state.recall(remembered(kept)) },
    }),
  });
  return {
    url: control.url,
    credentials,
    control,
    books: () => booksOf(state),
    async tell(verb, input = null) {
      const does = verbs[verb];
      if (!does)
        throw new RangeError(`the stand-in cannot be told to "${verb}"; it knows ${Object.keys(verbs).join(', ')}`);
      return does(input);
    },
    close: () => control.close(),
  };
}

function fill(state: WarehouseState, { seed, today }: StartOptions, centers: Readonly<Record<string, number>>): void {
  const made = business({ seed, today });
  for (const { id } of made.shops) {
    for (const { sku, place, onHand } of made.stock(id)) {
      const center = centers[place];
      if (center !== undefined) state.stock(sku, center, onHand + (state.shelves.get(`${sku}@${center}`)?.onHand ?? 0));
    }
  }
}

function booksOf(state: WarehouseState): Books {
  return {
    orders: [...state.orders.values()].map((order) => ({
      id: String(order.id),
      reference: order.reference,
      status: state.statusOf(order),
    })),
    shipments: [...state.shipments.values()].map((shipment) => ({
      id: String(shipment.id),
      version: observed(shipmentView(state, shipment)).version,
      order: String(shipment.orderId),
      status: shipment.status,
      tracking: shipment.tracking,
    })),
    stock: items(state).flatMap((item) => stockOf(item)),
  };
}

function requestsOf(state: WarehouseState): Told['requests'] {
  return [...state.orders.values()].map((order) => {
    const shipped = state.of(order).filter(({ status }) => status === 'Completed');
    const units = (products: readonly { readonly quantity: number }[]): number =>
      products.reduce((sum, { quantity }) => sum + quantity, 0);
    if (shipped.length > 0) {
      const left = shipped.reduce((sum, { products }) => sum + units(products), 0);
      return { key: order.reference, state: 'shipped', units: left };
    }
    const standing = state.statusOf(order) === 'Cancelled' ? 'cancelled' : 'open';
    return { key: order.reference, state: standing, units: units(order.products) };
  });
}

const stockRow = z.object({
  inventory_id: z.int(),
  sku: z.string(),
  locations: z.array(z.object({ location_id: z.int(), on_hand_quantity: z.int() })),
});

function stockOf(item: unknown): Books['stock'] {
  const { inventory_id: inventory, sku, locations } = stockRow.parse(item);
  return locations.map((at) => ({
    inventory: String(inventory),
    sku,
    center: at.location_id,
    onHand: at.on_hand_quantity,
  }));
}

const isRemembered = z.custom<Remembered>((value) => typeof value === 'object' && value !== null && 'shelves' in value);

function remembered(kept: unknown): Remembered {
  return isRemembered.parse(kept);
}
