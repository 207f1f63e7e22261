import { openQuantity } from './order.ts';

/**
 * How far one line that we fulfill has come, in units. `reserved` = set aside and not shipped yet; `pushed` = the part
 * of it that a provider has been asked for; `cancelled` = taken away before it shipped.
 */
export interface LineStanding {
  readonly ordered: number;
  readonly reserved: number;
  readonly pushed: number;
  readonly shipped: number;
  readonly cancelled: number;
  readonly returned: number;
}

export type OrderStatus =
  | 'cancelled'
  | 'nothing to ship'
  | 'held'
  | 'waiting'
  | 'partly allocated'
  | 'allocated'
  | 'partly pushed'
  | 'pushed'
  | 'partly shipped'
  | 'shipped'
  | 'partly returned'
  | 'returned';

/**
 * An order's status, computed from the quantities of the lines that we fulfill; only `held` and `cancelled` are told.
 * The furthest step decides: an order that has shipped in part is `partly shipped` whatever its rest waits for, and one
 * that has shipped all is no longer `held`. An order whose every unit was cancelled before it shipped is `cancelled`.
 */
export function orderStatus(lines: readonly LineStanding[], held: boolean, cancelled: boolean): OrderStatus {
  if (cancelled) return 'cancelled';
  let ordered = 0;
  let open = 0;
  let reserved = 0;
  let pushed = 0;
  let shipped = 0;
  let returned = 0;
  for (const line of lines) {
    const openHere = openQuantity(line);
    ordered += line.ordered;
    open += openHere;
    // Line by line: what one line has too much of does not serve another.
    reserved += Math.min(openHere, line.reserved);
    pushed += Math.min(openHere, line.pushed);
    shipped += line.shipped;
    returned += line.returned;
  }
  if (ordered === 0) return 'nothing to ship';
  if (open === 0) {
    if (shipped === 0) return 'cancelled';
    if (returned >= shipped) return 'returned';
    return returned > 0 ? 'partly returned' : 'shipped';
  }
  if (held) return 'held';
  if (shipped > 0) return 'partly shipped';
  if (pushed > 0) return pushed === open ? 'pushed' : 'partly pushed';
  if (reserved > 0) return reserved === open ? 'allocated' : 'partly allocated';
  return 'waiting';
}
