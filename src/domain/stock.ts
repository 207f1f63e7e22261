import type { LineId, LocationId, OrderId, Sku } from './ids.ts';
import type { Instant } from './time.ts';

/** Units set aside for one order line at one location; `revision` is that of the order's plan. */
export interface Reservation {
  readonly order: OrderId;
  readonly line: LineId;
  readonly quantity: number;
  readonly revision: number;
}

/** What a source says is there, absolute, as of an instant. `basis` says whether open orders are already taken off. */
export interface StockCount {
  readonly sku: Sku;
  readonly location: LocationId;
  readonly quantity: number;
  readonly basis: 'gross' | 'net';
  readonly asOf: Instant;
}
