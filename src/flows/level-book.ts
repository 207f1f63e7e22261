import type { LineId, OrderId, Sku } from '../domain/ids.ts';
import type { Reservation } from '../domain/stock.ts';
import type { MovementEntry, PlanDocument, PlannedLine } from '../store/documents.ts';
import {
  levelId,
  pendingAfter,
  type LevelChange,
  type LevelHead,
  type LevelRecords,
  type LevelWithReservations,
} from '../store/level-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { ConsumedLine } from '../store/fulfillment-documents.ts';
import { reservationKey, type Held } from './plan-order.ts';

interface Page {
  head: LevelHead;
  /** Null where no order of the batch can hold anything here: then reservations are only appended, unseen. */
  reserved: Reservation[] | null;
  appended: Reservation[];
  lines: MovementEntry['lines'];
  onHand: number;
  free: number;
  backlog: boolean;
  /** When the last of what was taken off in this phase had left. */
  leftAt: Date | null;
  shipped: boolean;
  /** Whose reservations here have lost what left in this batch: several parcels of one line each take theirs. */
  readonly shippedBy: Set<string>;
  /** To be written also when nothing changes, so that a late write over the old version is refused. */
  touched: boolean;
}

/** The levels of a batch: collects what its plans do to each, and writes each level once per phase. */
export class LevelBook {
  readonly #pages = new Map<string, Page>();
  readonly #bySku = new Map<Sku, Page[]>();
  readonly #lost = new Set<string>();
  readonly #held = new Map<OrderId, Map<string, Held>>();

  constructor(levels: readonly (LevelHead | LevelWithReservations)[]) {
    for (const level of levels) {
      const reserved = 'reserved' in level ? [...level.reserved] : null;
      const page: Page = {
        head: level,
        reserved,
        appended: [],
        lines: [],
        onHand: level.onHand,
        free: level.free,
        backlog: level.backlog,
        leftAt: null,
        shipped: false,
        shippedBy: new Set(),
        touched: false,
      };
      this.#pages.set(level._id, page);
      this.#bySku.set(level.sku, [...(this.#bySku.get(level.sku) ?? []), page]);
      for (const { order, line, quantity, revision } of reserved ?? []) {
        const ours = this.#held.get(order) ?? new Map<string, Held>();
        ours.set(reservationKey(order, { line, sku: level.sku, location: level.location, quantity }), {
          quantity,
          revision,
          countedAt: level.countedAt,
        });
        this.#held.set(order, ours);
      }
    }
  }

  /** What an order has reserved on the levels that were read whole, by `reservationKey`. */
  reservedOf(order: OrderId): ReadonlyMap<string, Held> {
    return this.#held.get(order) ?? NOTHING;
  }

  /** Takes off what has left, and gives back what the plan does not want any more, in whole or in part. */
  release(order: AllocatableOrder, plan: PlanDocument, now: Date): void {
    for (const line of plan.consumed ?? []) this.#consume(order._id, line, plan.rev, now);
    const wanted = new Map(plan.lines.map((line) => [reservationKey(order._id, line), line.quantity]));
    for (const line of [...plan.prior, ...plan.lines]) {
      const page = this.#pages.get(levelId(line.sku, line.location));
      if (page === undefined || page.reserved === null) continue;
      const key = reservationKey(order._id, line);
      const standing = page.reserved.find((entry) => entry.order === order._id && entry.line === line.line);
      const target = wanted.get(key) ?? 0;
      if (standing !== undefined && standing.quantity > target) this.#set(page, order._id, line.line, target, plan.rev);
      // An older plan that was never wholly applied may still be on its way to this level.
      else if (order.plan?.applied === false) page.touched = true;
    }
  }

  /** Sets aside what the plan wants. */
  reserve(order: AllocatableOrder, plan: PlanDocument): void {
    for (const line of plan.lines) {
      const page = this.#pages.get(levelId(line.sku, line.location));
      if (page === undefined) continue;
      if (page.reserved === null) {
        page.appended.push(reservation(order._id, line, plan.rev));
        page.lines.push({ order: order._id, line: line.line, quantity: line.quantity, revision: plan.rev });
        page.free -= line.quantity;
        continue;
      }
      if (order.plan?.applied === false) page.touched = true;
      this.#set(page, order._id, line.line, line.quantity, plan.rev);
    }
  }

  /**
   * What somebody waits for and has been free again since it is known what left: a count had missed those units before,
   * while they were still set aside. Asked of the plan, not of what was written: whoever wrote it may have been killed.
   */
  freedLate(plan: PlanDocument): Sku[] {
    return (plan.consumed ?? []).flatMap(({ sku, location, at }) => {
      const page = this.#pages.get(levelId(sku, location));
      return page !== undefined && page.backlog && page.free > 0 && at <= page.head.countedAt ? [sku] : [];
    });
  }

  /** Newer orders queue for this SKU from now on. */
  queue(sku: Sku): void {
    for (const page of this.#bySku.get(sku) ?? []) {
      page.backlog = true;
      // Also where it is so already: whoever is about to end the backlog has not seen this order.
      page.touched = true;
    }
  }

  /** Writes each changed level once. @returns the levels, of all phases so far, that somebody else had changed. */
  async write(
    levels: LevelRecords,
    kind: 'released' | 'reserved',
    at: Date,
    cause: string,
  ): Promise<ReadonlySet<string>> {
    const changes: LevelChange[] = [];
    const written: Page[] = [];
    for (const page of this.#pages.values()) {
      const queued = page.backlog !== page.head.backlog;
      const moved = page.lines.length > 0 || page.appended.length > 0;
      if ((!moved && !page.touched && !queued) || this.#lost.has(page.head._id)) continue;
      written.push(page);
      changes.push({
        before: page.head,
        onHand: page.onHand,
        free: page.free,
        ...(page.leftAt === null ? {} : { leftAt: page.leftAt }),
        backlog: page.backlog,
        ...(page.reserved !== null && (moved || page.touched)
          ? { reserved: page.reserved }
          : page.appended.length > 0
            ? { append: page.appended }
            : {}),
        movement: { at, kind: page.shipped ? 'shipped' : moved ? kind : 'queued', lines: page.lines, cause },
      });
    }
    const lost = await levels.change(changes);
    for (const id of lost) this.#lost.add(id);
    for (const page of written) this.#turn(page, lost);
    return this.#lost;
  }

  /** After a write: what was read is now one version older. */
  #turn(page: Page, lost: ReadonlySet<string>): void {
    if (lost.has(page.head._id)) return;
    page.head = {
      ...page.head,
      v: page.head.v + 1,
      onHand: page.onHand,
      ...(page.leftAt === null ? {} : { leftAt: page.leftAt }),
      free: page.free,
      backlog: page.backlog,
      pending: pendingAfter(page.head.pending),
    };
    page.appended = [];
    page.lines = [];
    page.leftAt = null;
    page.shipped = false;
    page.touched = false;
  }

  /** Units that left: off the reservation, and off what is on hand unless a later count has missed them already. */
  #consume(order: OrderId, consumed: ConsumedLine, rev: number, now: Date): void {
    const page = this.#pages.get(levelId(consumed.sku, consumed.location));
    const standing = page?.reserved?.find((entry) => entry.order === order && entry.line === consumed.line);
    if (page === undefined || standing === undefined) return;
    // Whoever wrote this reservation had taken them off: by this plan, or by one that came after what left was seen.
    if (standing.revision >= consumed.rev && !page.shippedBy.has(reservedKey(order, consumed.line))) return;
    page.shippedBy.add(reservedKey(order, consumed.line));
    const quantity = Math.min(consumed.quantity, standing.quantity);
    if (quantity === 0) return;
    this.#set(page, order, consumed.line, standing.quantity - quantity, rev);
    page.shipped = true;
    if (consumed.at <= page.head.countedAt) return;
    page.onHand -= quantity;
    page.free -= quantity;
    const at = consumed.at < now ? consumed.at : now;
    const last = page.leftAt ?? page.head.leftAt;
    if (last === undefined || last < at) page.leftAt = at;
  }

  #set(page: Page, order: OrderId, line: LineId, quantity: number, revision: number): void {
    if (page.reserved === null) return;
    const index = page.reserved.findIndex((entry) => entry.order === order && entry.line === line);
    const standing = page.reserved[index]?.quantity ?? 0;
    if (standing === quantity) return;
    const entry = { order, line, quantity, revision };
    if (index < 0) page.reserved.push(entry);
    else if (quantity === 0) page.reserved.splice(index, 1);
    else page.reserved[index] = entry;
    page.lines.push({ order, line, quantity: quantity - standing, revision });
    page.free -= quantity - standing;
  }
}

const NOTHING: ReadonlyMap<string, Held> = new Map();

function reservedKey(order: OrderId, line: LineId): string {
  return `${order}/${line}`;
}

function reservation(order: OrderId, { line, quantity }: PlannedLine, revision: number): Reservation {
  return { order, line, quantity, revision };
}
