import type { Instant } from '../../../domain/time.ts';
import type { Sku } from '../../../domain/ids.ts';
import { Chance } from './chance.ts';
import {
  cancelled,
  lineAdded,
  quantityReduced,
  refundedInFull,
  refundedInPart,
  returnClosed,
  returnOpened,
  shipped,
  shippingRefunded,
  touched,
} from './history.ts';
import type { Shop } from './places.ts';
import { place } from './placing.ts';
import type { Sale, Story } from './sale.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Stories that a sandbox must have whatever the seed draws, by the index of the order in its shop. */
const ALWAYS: Readonly<Record<string, Readonly<Record<number, Story>>>> = {
  'harbour-us': {
    5: 'long',
    11: 'repeated-sku',
    17: 'misstated',
    23: 'unknown-location',
    29: 'tip',
    35: 'gift-card-sold',
    41: 'gift-card-used',
    44: 'split-tender',
    47: 'cancelled',
    50: 'voided',
    53: 'refund-full',
    59: 'refund-partial',
    65: 'refund-shipping',
    68: 'refund-fee',
    71: 'edit-add',
    77: 'edit-reduce',
    83: 'pending',
    89: 'failed-payment',
    95: 'high-risk',
    101: 'pickup',
    107: 'digital',
    113: 'channel-fulfilled',
    119: 'duties',
    125: 'custom',
    131: 'returned',
    137: 'on-hold',
    143: 'scheduled',
    149: 'two-locations',
  },
  'harbour-eu': {
    13: 'unmapped-payment',
    21: 'gift-card-sold',
    27: 'gift-card-used',
    33: 'cancelled',
    39: 'refund-full',
    45: 'refund-partial',
    51: 'refund-shipping',
    57: 'refund-fee',
    60: 'unmapped-payment',
    63: 'edit-add',
    69: 'edit-reduce',
    75: 'pending',
    81: 'high-risk',
    87: 'pickup',
    93: 'digital',
    99: 'channel-fulfilled',
    105: 'returned',
    111: 'two-locations',
    117: 'split-tender',
    120: 'unmapped-payment',
  },
};

/** How often each happens among the others, of a hundred. Payment with klarna and faults of the channel stay the few above. */
const DRAWN: readonly (readonly [number, Story])[] = [
  [71, 'plain'],
  [3, 'cancelled'],
  [0.5, 'voided'],
  [1.5, 'refund-full'],
  [2.5, 'refund-partial'],
  [1.5, 'refund-shipping'],
  [0.8, 'refund-fee'],
  [2, 'edit-add'],
  [2, 'edit-reduce'],
  [2, 'gift-card-sold'],
  [1.5, 'gift-card-used'],
  [1.5, 'split-tender'],
  [1.5, 'tip'],
  [1, 'pending'],
  [1, 'failed-payment'],
  [0.8, 'high-risk'],
  [2, 'pickup'],
  [1.5, 'digital'],
  [1.2, 'channel-fulfilled'],
  [0.8, 'custom'],
  [1, 'returned'],
  [0.5, 'two-locations'],
  [0.4, 'repeated-sku'],
];

export interface Telling {
  readonly seed: string;
  readonly shop: Shop;
  readonly index: number;
  readonly at: Instant;
  /** Nothing later than this has happened yet. */
  readonly until: Instant;
}

/** One order of the business with what has happened to it by `until`: the same telling gives the same order. */
export function tell({ seed, shop, index, at, until }: Telling): Sale {
  const chance = new Chance(`${seed}/story/${shop.id}`, index);
  const drawn = chance.weighted(DRAWN);
  const always = ALWAYS[shop.id]?.[index];
  let story = always ?? drawn;
  if (always === undefined && shop.id === 'harbour-us' && story === 'plain' && chance.percent(5)) story = 'duties';
  let sale = place({ seed, shop, index, at, story });
  for (const [when, happens] of plot(chance, sale)) {
    // Whole seconds, as a channel keeps them.
    const moment = Math.floor((at + when) / 1_000) * 1_000;
    if (moment > until) break;
    sale = happens(sale, moment);
  }
  return sale;
}

type Happening = readonly [afterMs: number, happens: (sale: Sale, at: Instant) => Sale];

function plot(chance: Chance, sale: Sale): Happening[] {
  const soon = chance.whole(20, 300) * 60_000;
  const carrier = sale.taxIncluded ? chance.pick(['PostNL', 'DHL']) : chance.pick(['UPS', 'USPS', 'FedEx']);
  const leaves: Happening = [9 * DAY + chance.whole(1, 40) * HOUR, (each, at) => shipped(each, at, carrier)];
  // A quarter of what is old enough is still waiting, as everywhere.
  const later: Happening[] = chance.percent(75) ? [leaves] : [];
  switch (sale.story) {
    case 'cancelled':
      return [[soon, (each, at) => cancelled(each, at, chance.pick(['customer', 'inventory']))]];
    case 'voided':
      return [[soon, (each, at) => cancelled(each, at, 'fraud')]];
    case 'refund-full':
      return [
        [soon, (each, at) => shipped(each, at, carrier)],
        [3 * DAY + soon, refundedInFull],
      ];
    case 'refund-partial':
      return chance.percent(50)
        ? [[soon, (each, at) => refundedInPart(each, at)], ...later]
        : [
            [soon, (each, at) => shipped(each, at, carrier)],
            [2 * DAY + soon, (each, at) => refundedInPart(each, at)],
          ];
    case 'refund-fee':
      return [
        [soon, (each, at) => shipped(each, at, carrier)],
        [3 * DAY + soon, (each, at) => refundedInPart(each, at, 10)],
      ];
    case 'refund-shipping':
      return [[DAY + soon, shippingRefunded], ...later];
    case 'edit-add':
      return [
        [soon, (each, at) => lineAdded(each, at, EDITED_IN[each.index % EDITED_IN.length] ?? 'SKU-010')],
        ...later,
      ];
    case 'edit-reduce':
      return [[soon, quantityReduced], ...later];
    case 'returned':
      return [
        [soon, (each, at) => shipped(each, at, carrier)],
        [3 * DAY, (each, at) => returnOpened(each, at, 'SIZE_TOO_SMALL')],
        [5 * DAY, returnClosed],
      ];
    case 'long':
      return [[soon, (each, at) => shipped(each, at, carrier, 12)]];
    case 'plain':
    case 'tip':
    case 'duties':
    case 'digital':
    case 'failed-payment':
      return chance.percent(6) ? [[soon, touched], ...later] : later;
    default:
      // What tells of allocation, payment or the channel's own decision stays open for us to work on.
      return [];
  }
}

const EDITED_IN: readonly Sku[] = ['SKU-010', 'SKU-021', 'SKU-047', 'SKU-112', 'SKU-203'];
