import type { Instant } from '../../../domain/time.ts';
import { NOTHING, plus } from './amounts.ts';
import { fill, promote } from './basket.ts';
import { Chance } from './chance.ts';
import { pay } from './paying.ts';
import { address, person } from './people.ts';
import type { Destination, Shop } from './places.ts';
import { inBuyersMoney, looseLine, shippingCharge, taxed, withDuties } from './pricing.ts';
import {
  netOf,
  type Assigned,
  type DiscountShare,
  type Sale,
  type SaleLine,
  type ShippingCharge,
  type Story,
} from './sale.ts';

export interface Placing {
  readonly seed: string;
  readonly shop: Shop;
  readonly index: number;
  readonly at: Instant;
  readonly story: Story;
}

/** The order as the buyer placed it, paid or not; nothing has happened to it yet. The same placing gives the same order. */
export function place({ seed, shop, index, at, story }: Placing): Sale {
  const chance = new Chance(`${seed}/${shop.id}`, index);
  const destination = destinationFor(chance, shop, story);
  const who = person(chance, destination);
  const home = address(chance, who, destination);
  const basket = fill(chance, destination, story);
  const promoted = promote(chance, shop, destination, basket, story);
  let lines = taxed(promoted.lines, destination, shop);
  if (story === 'duties') lines = withDuties(lines);
  if (story === 'tip')
    lines.push(looseLine(lines.length + 1, 'tip', 'Tip', chance.pick([100, 200, 350, 500]), destination));
  const ships = lines.some(
    (line) => (line.fulfilledBy === 'us' || line.fulfilledBy === 'channel') && story !== 'pickup',
  );
  const shipping = ships ? [charge(chance, shop, destination, lines, promoted.freeShipping)] : [];
  const unpaid: Sale = {
    shop: shop.id,
    index,
    number: shop.firstNumber + index,
    story,
    placedAt: at,
    updatedAt: at,
    revision: 1,
    cancelledAt: null,
    cancelReason: null,
    closedAt: null,
    currency: { shop: shop.currency, buyer: destination.currency },
    taxIncluded: shop.taxIncluded,
    country: destination.country,
    lines,
    shipping,
    // The one state that asks it, on every delivery by motor vehicle that is not a small seller's.
    fees:
      destination.region === 'CO' && ships
        ? [{ number: 1, title: 'Colorado Retail Delivery Fee', amount: inBuyersMoney(28, destination) }]
        : [],
    promotions: promoted.promotions,
    tenders: [],
    refunds: [],
    returns: [],
    assigned: assign(lines, shop, destination, story, at),
    parcels: [],
    risk:
      story === 'high-risk'
        ? 'high'
        : chance.weighted([
            [70, 'low'],
            [26, 'none'],
            [4, 'medium'],
          ] as const),
    edited: false,
    person: who,
    shippingAddress: ships ? home : null,
    billingAddress: chance.percent(9) ? address(chance, person(chance, destination), destination) : home,
    ip: `203.0.113.${chance.whole(1, 254)}`,
    note: chance.percent(7)
      ? chance.pick([
          'Please ring twice.',
          'Leave it with the neighbour at number 4.',
          'It is a present: no invoice in the box.',
        ])
      : null,
    tags: [
      ...(chance.percent(8) ? ['vip'] : []),
      ...(chance.percent(5) ? ['wholesale-lead'] : []),
      ...(story === 'pickup' ? ['pickup'] : []),
    ],
    attributes: chance.percent(15)
      ? { gift_wrap: chance.pick(['yes', 'no']), ...(chance.percent(30) ? { delivery_day: 'saturday' } : {}) }
      : {},
    misstatedBy: story === 'misstated' ? 300 : 0,
  };
  return { ...unpaid, tenders: pay(chance, unpaid) };
}

function destinationFor(chance: Chance, shop: Shop, story: Story): Destination {
  if (story === 'pickup') {
    const near = shop.destinations.find((each) => each.place === shop.pickupPlace);
    if (near) return near;
  }
  const abroad = shop.destinations.filter((each) => each.duties);
  if (story === 'duties' && abroad.length > 0) return chance.pick(abroad);
  return chance.weighted(shop.destinations.map((each) => [each.weight, each] as const));
}

function charge(
  chance: Chance,
  shop: Shop,
  destination: Destination,
  lines: readonly SaleLine[],
  freeShipping: number | null,
): ShippingCharge {
  const home = destination.country === shop.country;
  const worth = plus(NOTHING, ...lines.map((line) => netOf(line))).shop;
  const [title, code, carrier, minor] = !home
    ? (['International', 'international', 'DHL', 1_890] as const)
    : chance.percent(14)
      ? (['Express', 'express', 'UPS', 1_650] as const)
      : worth > 12_000
        ? (['Standard (free over 120)', 'standard-free', 'USPS', 0] as const)
        : (['Standard', 'standard', 'USPS', 695] as const);
  const price = inBuyersMoney(minor, destination);
  const discounts: DiscountShare[] =
    freeShipping === null || minor === 0 ? [] : [{ promotion: freeShipping, amount: price }];
  return shippingCharge(
    title,
    code,
    shop.id === 'harbour-eu' && carrier === 'USPS' ? 'PostNL' : carrier,
    price,
    discounts,
    destination,
    shop,
  );
}

function assign(
  lines: readonly SaleLine[],
  shop: Shop,
  destination: Destination,
  story: Story,
  at: Instant,
): Assigned[] {
  const work: Assigned[] = [];
  const ours = lines.filter((line) => line.fulfilledBy === 'us');
  const add = (by: Assigned['by'], place: Assigned['place'], some: readonly SaleLine[]): void => {
    if (some.length === 0) return;
    const scheduled = story === 'scheduled' && by === 'us';
    work.push({
      number: work.length + 1,
      place,
      by,
      method: story === 'pickup' ? 'pickup' : 'shipping',
      status: scheduled ? 'scheduled' : story === 'on-hold' && by === 'us' ? 'on-hold' : 'open',
      fulfillAt: scheduled ? at + 30 * 86_400_000 : null,
      heldFor: story === 'on-hold' && by === 'us' ? 'INCORRECT_ADDRESS' : null,
      lines: some.map((line) => ({ line: line.number, total: line.quantity, remaining: line.quantity })),
    });
  };
  const near = story === 'pickup' ? shop.pickupPlace : destination.place;
  if (story === 'unknown-location') add('us', null, ours);
  else if (story === 'two-locations' && ours.length > 1) {
    const far = shop.places.find((each) => each !== near) ?? near;
    add('us', near, ours.slice(0, 1));
    add('us', far, ours.slice(1));
  } else add('us', near, ours);
  add(
    'channel',
    null,
    lines.filter((line) => line.fulfilledBy === 'channel'),
  );
  return work;
}
