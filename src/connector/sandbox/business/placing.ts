import type { Sku } from '../../../domain/ids.ts';
import type { Amount } from '../../../domain/order.ts';
import type { Instant } from '../../../domain/time.ts';
import { minus, NOTHING, part, plus } from './amounts.ts';
import { CATALOGUE } from './catalogue.ts';
import { Chance } from './chance.ts';
import { address, person } from './people.ts';
import type { Destination, Shop } from './places.ts';
import {
  cheapest,
  discounted,
  inBuyersMoney,
  lineOf,
  looseLine,
  shippingCharge,
  taxed,
  withDuties,
} from './pricing.ts';
import {
  netOf,
  totalsOf,
  type Assigned,
  type DiscountShare,
  type Promotion,
  type Sale,
  type SaleLine,
  type ShippingCharge,
  type Story,
  type Tender,
} from './sale.ts';

/** Everything on sale, cut by how it may be drawn into a basket. */
const GOODS = CATALOGUE.filter((product) => product.kind === 'goods' && !product.channelFulfilled).map(
  (product) => [product.appeal, product.sku] as const,
);
const KITS = CATALOGUE.filter((product) => product.kind === 'kit').map((product) => product.sku);
const DIGITAL = CATALOGUE.filter((product) => product.kind === 'digital').map((product) => product.sku);
const GIFT_CARDS = CATALOGUE.filter((product) => product.kind === 'gift-card').map((product) => product.sku);
const CHANNEL = CATALOGUE.filter((product) => product.channelFulfilled).map((product) => product.sku);
/** The same draw as `weighted(GOODS)`, by look-up: a basket of a benchmark must not cost a walk over 270 products. */
const GOODS_DRAWN: readonly Sku[] = GOODS.flatMap(([appeal, sku]) => Array.from({ length: appeal }, () => sku));

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

function fill(chance: Chance, destination: Destination, story: Story): SaleLine[] {
  if (story === 'gift-card-sold') {
    return [
      lineOf(1, chance.pick(GIFT_CARDS), chance.whole(1, 2), destination),
      ...(chance.percent(40) ? [lineOf(2, chance.pick(GOODS_DRAWN), 1, destination)] : []),
    ];
  }
  if (story === 'digital')
    return [
      lineOf(1, chance.pick(DIGITAL), 1, destination),
      ...(chance.percent(50) ? [lineOf(2, chance.pick(GOODS_DRAWN), 1, destination)] : []),
    ];
  const wanted =
    story === 'long'
      ? 60
      : story === 'two-locations' || story === 'edit-reduce'
        ? chance.whole(2, 4)
        : chance.weighted([
            [46, 1],
            [29, 2],
            [15, 3],
            [7, 4],
            [3, 6],
          ] as const);
  const lines: SaleLine[] = [];
  const taken = new Set<Sku>();
  while (lines.length < wanted) {
    const kit = story !== 'long' && chance.percent(7);
    const sku = kit ? chance.pick(KITS) : chance.pick(GOODS_DRAWN);
    // A basket joins the same thing into one line; only the story of that name has it on two.
    if (taken.has(sku)) continue;
    taken.add(sku);
    const least = story === 'edit-reduce' || story === 'refund-partial' ? 2 : 1;
    lines.push(
      lineOf(
        lines.length + 1,
        sku,
        Math.max(
          least,
          chance.weighted([
            [78, 1],
            [15, 2],
            [5, 3],
            [2, 6],
          ] as const),
        ),
        destination,
      ),
    );
  }
  const first = lines[0];
  if (story === 'repeated-sku' && first?.sku)
    lines.push({ ...lineOf(lines.length + 1, first.sku, 2, destination), attributes: { engraving: 'HARBOUR 1907' } });
  if (story === 'channel-fulfilled') lines.push(lineOf(lines.length + 1, chance.pick(CHANNEL), 1, destination));
  if (story === 'custom') lines.push(looseLine(lines.length + 1, 'custom', 'Gift wrapping', 450, destination));
  return lines;
}

function promote(chance: Chance, shop: Shop, destination: Destination, basket: SaleLine[], story: Story) {
  const promotions: Promotion[] = [];
  let lines = basket;
  let freeShipping: number | null = null;
  const add = (promotion: Promotion): number => promotions.push(promotion) - 1;
  if (basket.some((line) => line.quantity >= 3)) {
    const index = add({
      kind: 'automatic',
      title: 'Three or more: 10 % off',
      target: 'lines',
      spread: 'each',
      value: { percent: 10 },
    });
    lines = discounted(
      lines,
      { kind: 'automatic', title: '', target: 'lines', spread: 'each', value: { percent: 10 } },
      index,
      (line) => line.quantity >= 3,
    );
  }
  const offer =
    story === 'long'
      ? 'welcome'
      : chance.weighted([
          [72, 'none'],
          [11, 'welcome'],
          [6, 'fixed'],
          [6, 'ship'],
          [3, 'line'],
          [2, 'staff'],
        ] as const);
  if (offer === 'welcome') {
    const promotion: Promotion = {
      kind: 'code',
      title: 'WELCOME10',
      target: 'lines',
      spread: 'across',
      value: { percent: 10 },
    };
    lines = discounted(lines, promotion, add(promotion));
  } else if (offer === 'fixed') {
    const amount = inBuyersMoney(1_500, destination);
    const promotion: Promotion = {
      kind: 'code',
      title: 'SAVE15',
      target: 'lines',
      spread: 'across',
      value: { amount },
    };
    lines = discounted(lines, promotion, add(promotion));
  } else if (offer === 'line') {
    const cheap = cheapest(lines);
    const promotion: Promotion = {
      kind: 'automatic',
      title: `${shop.name}: item of the week`,
      target: 'lines',
      spread: 'each',
      value: { percent: 20 },
    };
    if (cheap) lines = discounted(lines, promotion, add(promotion), (line) => line.number === cheap.number);
  } else if (offer === 'staff') {
    const promotion: Promotion = {
      kind: 'manual',
      title: 'Goodwill',
      target: 'lines',
      spread: 'across',
      value: { amount: inBuyersMoney(700, destination) },
    };
    lines = discounted(lines, promotion, add(promotion));
  } else if (offer === 'ship') {
    freeShipping = add({
      kind: 'code',
      title: 'SHIPFREE',
      target: 'shipping',
      spread: 'each',
      value: { percent: 100 },
    });
  }
  return { lines, promotions, freeShipping };
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

function pay(chance: Chance, sale: Sale): Tender[] {
  const owed = totalsOf(sale).total;
  const tenders: Tender[] = [];
  const add = (
    kind: Tender['kind'],
    status: Tender['status'],
    gateway: string,
    amount: Amount,
    afterMs: number,
    parent: number | null = null,
  ): number =>
    tenders.push({ number: tenders.length + 1, kind, status, gateway, amount, at: sale.placedAt + afterMs, parent });
  const card = (amount: Amount): void => {
    if (sale.story === 'voided' || chance.percent(25)) {
      const authorized = add('authorization', 'success', 'shopify_payments', amount, 1_000);
      // An order that is going to be voided is never captured.
      if (sale.story !== 'voided') add('capture', 'success', 'shopify_payments', amount, 4_000, authorized);
    } else add('sale', 'success', 'shopify_payments', amount, 1_000);
  };
  switch (sale.story) {
    case 'unmapped-payment':
      add('sale', 'success', 'klarna', owed, 2_000);
      break;
    case 'pending':
      add('sale', 'pending', 'manual', owed, 1_000);
      break;
    case 'failed-payment':
      add('sale', 'failure', 'shopify_payments', owed, 1_000);
      add('sale', 'success', 'paypal', owed, 95_000);
      break;
    case 'gift-card-used':
      add('sale', 'success', 'gift_card', owed, 1_000);
      break;
    case 'split-tender': {
      const first = part(owed, 2, 5);
      add('sale', 'success', 'gift_card', first, 1_000);
      card(minus(owed, first));
      break;
    }
    default:
      if (chance.percent(21) && sale.story !== 'voided') add('sale', 'success', 'paypal', owed, 2_000);
      else if (chance.percent(3) && sale.story === 'plain') {
        const first = part(owed, 1, 4);
        add('sale', 'success', 'gift_card', first, 1_000);
        card(minus(owed, first));
      } else card(owed);
  }
  return tenders;
}
