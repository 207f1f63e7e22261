import { SyncError } from './errors.ts';
import type { LineId, LocationId, OrderId, Sku } from './ids.ts';
import type { Instant } from './time.ts';

/** Units set aside for one order line at one location; `revision` is that of the order's plan. Zero units = a tombstone. */
export interface Reservation {
  readonly order: OrderId;
  readonly line: LineId;
  readonly quantity: number;
  readonly revision: number;
}

/** Stock of one SKU at one location. `free` = on hand − Σ reserved, and is never granted below zero. */
export interface StockLevel {
  readonly sku: Sku;
  readonly location: LocationId;
  readonly onHand: number;
  readonly free: number;
  readonly reserved: readonly Reservation[];
}

/** What a source says is there, absolute, as of an instant. `basis` says whether open orders are already taken off. */
export interface StockCount {
  readonly sku: Sku;
  readonly location: LocationId;
  readonly quantity: number;
  readonly basis: 'gross' | 'net';
  readonly asOf: Instant;
}

/** A level of which nothing is known yet: nothing there, nothing reserved. */
export function emptyLevel(sku: Sku, location: LocationId): StockLevel {
  return { sku, location, onHand: 0, free: 0, reserved: [] };
}

/**
 * Sets units aside for an order line, in place of what an older revision of its plan had set aside there. The same
 * reservation again gives the very same level. A reservation of fewer units than before is always granted, also where
 * `free` is below zero after a count.
 * @returns the level after it, `short` where the additional units are not free, `superseded` where this line has a newer
 * revision here or a tombstone of the same one: then nothing may be reserved any more.
 * @throws SyncError `bug` for units that are not a positive whole number, or other units under a revision that is taken.
 */
export function reserve(level: StockLevel, wanted: Reservation): StockLevel | 'short' | 'superseded' {
  if (!Number.isSafeInteger(wanted.quantity) || wanted.quantity <= 0) {
    throw faultOf(wanted, `${wanted.quantity} units cannot be reserved`);
  }
  const at = indexOf(level, wanted.order, wanted.line);
  const kept = level.reserved[at];
  if (kept !== undefined && kept.revision >= wanted.revision) {
    if (kept.revision > wanted.revision || kept.quantity === 0) return 'superseded';
    if (kept.quantity === wanted.quantity) return level;
    throw faultOf(
      wanted,
      `revision ${wanted.revision} reserves ${kept.quantity} units already, not ${wanted.quantity}`,
    );
  }
  const additional = wanted.quantity - (kept?.quantity ?? 0);
  if (additional > 0 && additional > level.free) return 'short';
  return withReservation(level, at, wanted);
}

/**
 * Gives back what a line has set aside here, and leaves a tombstone of this revision, so that a late `reserve` of it or
 * an older one is refused, also where nothing had been reserved yet. What a newer revision holds stays as it is.
 * Releasing again gives the very same level.
 */
export function release(level: StockLevel, order: OrderId, line: LineId, revision: number): StockLevel {
  const at = indexOf(level, order, line);
  const kept = level.reserved[at];
  if (kept !== undefined && (kept.revision > revision || (kept.revision === revision && kept.quantity === 0)))
    return level;
  return withReservation(level, at, { order, line, quantity: 0, revision });
}

/** A promise that a count took away: give back `quantity` units of this line and plan its order again. */
export type Shortfall = Reservation;

/**
 * Takes over what a source counted on hand (gross: reserved units are among it; for a net count add them first).
 * The reservations stay as they are. Where they exceed what is there, `free` goes below zero and `shortfall` says which
 * units to release, of the newest promise first (`promisedAt`: when the line was promised; ties by order and line), the
 * last of them perhaps in part. Σ shortfall = min(−free, Σ reserved).
 * @throws SyncError `bug` for a count that is not a whole number. A negative one (oversold at the source) is taken over.
 */
export function count(
  level: StockLevel,
  quantity: number,
  promisedAt: (order: OrderId, line: LineId) => Instant,
): { readonly level: StockLevel; readonly shortfall: readonly Shortfall[] } {
  if (!Number.isSafeInteger(quantity)) {
    throw new SyncError('bug', `${quantity} is no count of ${level.sku} at ${level.location}`, {
      code: 'count-not-whole',
      remedy: 'This is a fault in Crossdock: a connector must refuse a count that is not a whole number. Report it.',
    });
  }
  const free = level.free + quantity - level.onHand;
  const counted = free === level.free ? level : { ...level, onHand: quantity, free };
  return { level: counted, shortfall: free < 0 ? newestFirst(counted, promisedAt) : [] };
}

function newestFirst(level: StockLevel, promisedAt: (order: OrderId, line: LineId) => Instant): Shortfall[] {
  const promises = level.reserved
    .filter(({ quantity }) => quantity > 0)
    .map((reservation) => ({ reservation, at: promisedAt(reservation.order, reservation.line) }))
    .sort((a, b) => b.at - a.at || later(a.reservation, b.reservation));
  let missing = -level.free;
  const shortfall: Shortfall[] = [];
  for (const { reservation } of promises) {
    if (missing <= 0) break;
    const quantity = Math.min(missing, reservation.quantity);
    shortfall.push({ ...reservation, quantity });
    missing -= quantity;
  }
  return shortfall;
}

function later(one: Reservation, other: Reservation): number {
  if (one.order !== other.order) return one.order > other.order ? -1 : 1;
  return one.line > other.line ? -1 : one.line < other.line ? 1 : 0;
}

function indexOf(level: StockLevel, order: OrderId, line: LineId): number {
  const { reserved } = level;
  for (let at = 0; at < reserved.length; at++) {
    const reservation = reserved[at];
    if (reservation !== undefined && reservation.line === line && reservation.order === order) return at;
  }
  return -1;
}

function withReservation(level: StockLevel, at: number, reservation: Reservation): StockLevel {
  const { order, line, quantity, revision } = reservation;
  const reserved = level.reserved.slice();
  const before = reserved[at]?.quantity ?? 0;
  reserved[at < 0 ? reserved.length : at] = { order, line, quantity, revision };
  return { ...level, free: level.free + before - quantity, reserved };
}

function faultOf({ order, line }: Reservation, what: string): SyncError {
  return new SyncError('bug', `Line ${line} of ${order}: ${what}`, {
    code: 'reservation-invalid',
    remedy: 'This is a fault in Crossdock. Report it with the order.',
  });
}
