import type { Sku } from '../../../domain/ids.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Chance } from './chance.ts';
import type { Destination, Shop } from './places.ts';
import { cheapest, discounted, inBuyersMoney, lineOf, looseLine } from './pricing.ts';
import type { Promotion, SaleLine, Story } from './sale.ts';

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
/** What the buyer puts together, not yet discounted or taxed. */
export function fill(chance: Chance, destination: Destination, story: Story): SaleLine[] {
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

/** The offers that the basket meets. `freeShipping` is the index of the one that pays for shipping, or null. */
export function promote(chance: Chance, shop: Shop, destination: Destination, basket: SaleLine[], story: Story) {
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
