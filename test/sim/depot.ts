import type {
  FulfillmentProvider,
  Observed,
  Outcome,
  Page,
  Recalled,
  ShipmentSource,
  StockSource,
} from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { FulfillmentRequest, Shipment } from '../../src/domain/fulfillment.ts';
import type { StockCount } from '../../src/domain/stock.ts';
import type { Chance } from './chance.ts';
import type { KeyBook, Kept } from './key-book.ts';
import type { Caller } from './remote.ts';
import type { World } from './world.ts';

export const LISTING_LAG_MS = 4_000;
/** A reader of a list goes back by this much: more than a list may lag. */
export const OVERLAP_MS = 6_000;

interface Work {
  readonly kept: Kept<FulfillmentRequest>;
  state: 'deciding' | 'open' | 'shipped' | 'cancelled' | 'rejected';
  /** Said to whoever asks what became of it. */
  reason: string | null;
}

interface DepotShipment {
  readonly shipment: Omit<Shipment, 'status'>;
  version: number;
  listedAt: number;
  status: Shipment['status'];
}

/** A warehouse with several locations: it takes requests, ships them after a while, and counts what is on its shelves. */
export class Depot {
  readonly shelves = new Map<string, number>();
  readonly work: Work[] = [];
  readonly shipments: DepotShipment[] = [];
  readonly keys: KeyBook<FulfillmentRequest>;
  /** Until then it may refuse, cancel and be slow. */
  moody = true;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #decidesLater: boolean;

  /** @param decidesLater it accepts whatever comes, and says some while later whether it takes it */
  constructor(world: World, keys: KeyBook<FulfillmentRequest>, chance: Chance, decidesLater: boolean) {
    this.#world = world;
    this.keys = keys;
    this.#chance = chance;
    this.#decidesLater = decidesLater;
  }

  /** Units come or go on a shelf, for whatever reason. Never below zero. */
  put(place: string, units: number): void {
    this.shelves.set(place, Math.max(0, (this.shelves.get(place) ?? 0) + units));
  }

  /** Nothing that it was asked for is still to be done. */
  idle(): boolean {
    return this.work.every(({ state }) => state !== 'open' && state !== 'deciding');
  }

  /** When everything that it has told of is listed. */
  listedBy(): number {
    return Math.max(0, ...this.shipments.map(({ listedAt }) => listedAt));
  }

  open(caller: Caller): { provider: FulfillmentProvider; shipments: ShipmentSource; stock: StockSource } {
    return {
      provider: {
        uniqueness: this.keys.uniqueness,
        send: async (request, key, signal) => ({
          id: await caller.call('write', `push ${key}`, () => this.#take(key, structuredClone(request)), signal),
          state: this.#decidesLater ? 'pending' : 'done',
        }),
        find: (key) => caller.call('read', `find ${key}`, () => this.keys.find(key)),
        ...(this.#decidesLater
          ? { outcome: (id: string) => caller.call('read', `outcome ${id}`, () => this.#outcome(id)) }
          : {}),
        ...(this.keys.uniqueness.by === 'none'
          ? {}
          : {
              recall: (keys: readonly string[]) =>
                caller.call('read', `recall of ${keys[0] ?? ''}`, () => this.#recall(keys)),
            }),
        cancel: (id, signal) => caller.call('write', `cancel ${id}`, () => this.#cancel(id), signal),
      },
      shipments: this.#shipmentSource(caller),
      stock: this.#stockSource(caller),
    };
  }

  #take(key: string, request: FulfillmentRequest): string {
    if (this.moody && this.keys.find(key) === 'absent' && this.#chance.percent(4))
      throw new SyncError('data', 'The depot does not take this order.', {
        code: 'refused',
        remedy: 'Ask the depot.',
      });
    return this.keys.take(key, request, (kept) => {
      const work: Work = { kept, state: this.#decidesLater ? 'deciding' : 'open', reason: null };
      this.work.push(work);
      if (this.#decidesLater)
        this.#world.in(this.#chance.between(300, this.moody ? 9_000 : 2_000), null, () => this.#decide(work));
      else this.#shipSoon(work);
    });
  }

  #decide(work: Work): void {
    if (work.state !== 'deciding') return;
    if (this.moody && this.#chance.percent(20)) {
      work.state = 'rejected';
      work.reason = 'not taken after all';
    } else {
      work.state = 'open';
      this.#shipSoon(work);
    }
    this.#world.trace(`depot decides ${work.kept.key}: ${work.state}`);
  }

  #shipSoon(work: Work): void {
    const most = this.moody ? this.#chance.pick([1_000, 3_000, 20_000]) : 3_000;
    this.#world.in(this.#chance.between(300, most), null, () => this.#ship(work));
  }

  #recall(keys: readonly string[]): Recalled[] {
    return keys.flatMap((key) => {
      const id = this.keys.find(key);
      const work = this.work.find(({ kept }) => kept.id === id);
      if (work === undefined) return [];
      const { item } = work.kept;
      const lines = item.lines.map(({ sku, quantity }) => ({ sku, quantity }));
      const stopped = work.state === 'cancelled' || work.state === 'rejected';
      const state = stopped ? 'stopped' : work.state === 'deciding' ? 'pending' : 'done';
      return [{ key, id: work.kept.id, location: item.location, lines, state }];
    });
  }

  #outcome(id: string): Outcome {
    const work = this.work.find(({ kept }) => kept.id === id);
    if (work === undefined) throw new Error(`the depot was asked about ${id}, which it does not have`);
    if (work.state === 'deciding') return { state: 'pending' };
    if (work.reason === null) return { state: 'done' };
    return { state: 'rejected', reasons: [{ line: null, reason: work.reason }] };
  }

  #cancel(id: string): 'cancelled' | 'too late' {
    const work = this.work.find(({ kept }) => kept.id === id);
    if (work === undefined) throw new Error(`the depot was asked to stop ${id}, which it does not have`);
    if (work.state === 'shipped') return 'too late';
    if (work.state === 'open' || work.state === 'deciding') {
      work.state = 'cancelled';
      this.#tell(work, 'cancelled', [], 'asked to stop');
    }
    return 'cancelled';
  }

  #ship(work: Work): void {
    if (work.state !== 'open') return;
    const { location, lines } = work.kept.item;
    const units = new Map<string, number>();
    for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
    const there = [...units].every(([sku, quantity]) => (this.shelves.get(`${sku}@${location}`) ?? 0) >= quantity);
    if (!there || (this.moody && this.#chance.percent(4))) {
      work.state = 'rejected';
      this.#tell(work, 'cancelled', [], there ? 'damaged' : 'not on the shelf');
      return;
    }
    work.state = 'shipped';
    for (const [sku, quantity] of units) this.put(`${sku}@${location}`, -quantity);
    const cut = units.size > 1 && this.#chance.percent(40);
    const all = [...units].map(([sku, quantity]) => ({ sku, quantity }));
    this.#tell(work, 'shipped', cut ? all.map((one) => [one]) : [all], null);
    this.#world.trace(`depot ships ${work.kept.key}`);
  }

  #tell(
    work: Work,
    status: Shipment['status'],
    parcels: readonly (readonly { readonly sku: string; readonly quantity: number }[])[],
    reason: string | null,
  ): void {
    const { now } = this.#world;
    const id = `s${this.shipments.length + 1}`;
    const told: DepotShipment = {
      status,
      version: now,
      listedAt: now + (this.#chance.percent(30) ? this.#chance.between(0, LISTING_LAG_MS) : 0),
      shipment: {
        connection: 'depot',
        externalId: id,
        request: work.kept.key,
        reason,
        shippedAt: status === 'shipped' ? now : null,
        parcels: parcels.map((lines, index) => ({
          carrier: 'post',
          tracking: `T-${id}-${index}`,
          url: null,
          lines,
        })),
      },
    };
    this.shipments.push(told);
    // Seen once more, as what it was, when it has arrived.
    if (status === 'shipped' && this.#chance.percent(50))
      this.#world.in(this.#chance.between(500, 20_000), null, () => {
        told.status = 'delivered';
        told.version = this.#world.now;
        told.listedAt = this.#world.now;
      });
  }

  #shipmentSource(caller: Caller): ShipmentSource {
    const observed = ({ shipment, version, status }: DepotShipment): Observed => ({
      id: shipment.externalId,
      version,
      body: JSON.stringify({ ...shipment, status }),
    });
    const list = (from: number): Observed[] =>
      this.shipments
        .filter(({ version, listedAt }) => version >= from && listedAt <= this.#world.now)
        .map((one) => observed(one));
    return {
      pull: (since) => paged(since, (from) => caller.call('read', `shipments from ${from}`, () => list(from))),
      get: (id) =>
        caller.call('read', `shipment ${id}`, () => {
          const found = this.shipments.find(({ shipment }) => shipment.externalId === id);
          return found === undefined ? null : observed(found);
        }),
      async *ids() {},
      normalize: (record) => {
        const shipment: Shipment = JSON.parse(record.body);
        return shipment;
      },
    };
  }

  #stockSource(caller: Caller): StockSource {
    return {
      pull: async function* (this: Depot): AsyncIterable<Page> {
        const record = await caller.call('read', 'stock', () => ({
          id: 'all',
          version: this.#world.now,
          body: JSON.stringify({ at: this.#world.now, shelves: [...this.shelves] }),
        }));
        yield { records: [record], next: String(record.version) };
      }.bind(this),
      get: async () => null,
      async *ids() {},
      normalize(record): readonly StockCount[] {
        const { at, shelves }: { at: number; shelves: [string, number][] } = JSON.parse(record.body);
        return shelves.map(([place, quantity]) => {
          const [sku = '', location = ''] = place.split('@');
          return { sku, location, quantity, basis: 'gross', asOf: at };
        });
      },
    };
  }
}

const PAGE = 3;

/** Reads a list by version with an overlap, in pages; the cursor is the version of the last record of a page. */
export async function* paged(
  since: string | null,
  list: (from: number) => Promise<readonly Observed[]>,
): AsyncIterable<Page> {
  let from = since === null ? 0 : Number(since) - OVERLAP_MS;
  const seen = new Set<string>();
  for (;;) {
    const all = (await list(from)).toSorted((a, b) => a.version - b.version || (a.id < b.id ? -1 : 1));
    const page = all.filter(({ id, version }) => !seen.has(`${id}|${version}`)).slice(0, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    for (const { id, version } of page) seen.add(`${id}|${version}`);
    yield { records: page, next: String(last.version) };
    from = last.version;
  }
}
