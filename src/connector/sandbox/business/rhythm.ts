import type { Instant } from '../../../domain/time.ts';
import { Chance } from './chance.ts';
import type { Shop } from './places.ts';

/** Orders per hour of the shop's day, midnight first: quiet at night, a small peak at lunch, a large one in the evening. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 14, 16, 14, 12, 12, 13, 15, 18, 22, 24, 20, 12, 6] as const;
/** Sunday first. */
const WEEKDAYS = [13, 10, 9, 9, 10, 11, 12] as const;
const HOUR_MS = 3_600_000;

/** The whole 14 days of a shop as growing sums of its hours, counted once per shop and day. */
const curves = new Map<string, readonly number[]>();

/** When order `index` of `many` was placed: a whole second, never before that of the order before it. */
export function placedAt(of: {
  readonly seed: string;
  readonly shop: Shop;
  readonly index: number;
  readonly many: number;
  readonly today: Instant;
  readonly days: number;
}): Instant {
  const curve = curveOf(of.shop, of.today, of.days);
  const total = curve.at(-1) ?? 0;
  // One draw within each order's own share of the time keeps them in order without sorting.
  const jitter = new Chance(`${of.seed}/when/${of.shop.id}`, of.index).next();
  const aim = ((of.index + jitter) / of.many) * total;
  let low = 0;
  let high = curve.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((curve[middle] ?? 0) > aim) high = middle;
    else low = middle + 1;
  }
  const before = low === 0 ? 0 : (curve[low - 1] ?? 0);
  const within = (aim - before) / ((curve[low] ?? 1) - before);
  const start = of.today - of.days * 24 * HOUR_MS;
  return Math.floor((start + (low + within) * HOUR_MS) / 1_000) * 1_000;
}

function curveOf(shop: Shop, today: Instant, days: number): readonly number[] {
  const key = `${shop.id}/${today}/${days}`;
  let curve = curves.get(key);
  if (curve) return curve;
  const local = new Intl.DateTimeFormat('en-US', {
    timeZone: shop.zone,
    hour: 'numeric',
    hourCycle: 'h23',
    weekday: 'short',
  });
  const start = today - days * 24 * HOUR_MS;
  let sum = 0;
  curve = Array.from({ length: days * 24 }, (_, hour) => {
    const parts = local.formatToParts(start + hour * HOUR_MS);
    const at = Number(parts.find((part) => part.type === 'hour')?.value ?? 0);
    const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(
      parts.find((part) => part.type === 'weekday')?.value ?? 'Mon',
    );
    return (sum += (HOURS[at] ?? 1) * (WEEKDAYS[day] ?? 10));
  });
  curves.set(key, curve);
  return curve;
}
