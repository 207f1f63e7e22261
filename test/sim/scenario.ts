import { Chance } from './chance.ts';
import { LISTINGS, LOCATIONS, type Surroundings } from './worker.ts';

/** What buyers, the shop's people and the depot do by themselves, drawn and put into the world. */
export function planDeeds({ seed, world, shop, depot }: Surroundings, spanMs: number): void {
  const chance = new Chance(`${seed}/deeds`);
  const orders = chance.pick([1, 2, 3, 5]);
  const plenty = chance.pick([2, 5, 12]);
  for (const sku of ['a', 'b', 'c'])
    for (const location of LOCATIONS) depot.put(`${sku}@${location}`, chance.between(0, plenty));
  for (const listing of LISTINGS) for (const location of LOCATIONS) shop.shown.set(`${listing}@${location}`, 0);

  const lines = (): { sku: string; quantity: number }[] =>
    Array.from({ length: chance.pick([1, 1, 2, 3]) }, () => ({
      sku: chance.pick(LISTINGS),
      quantity: chance.between(1, 3),
    }));
  const someOrder = (deed: (order: NonNullable<ReturnType<typeof shop.orders.get>>) => void): void => {
    const list = [...shop.orders.values()];
    if (list.length > 0) deed(chance.pick(list));
  };
  // Half of the deeds come in a bunch: then much happens in one tick.
  const bunch = chance.between(0, spanMs);
  const when = (): number =>
    chance.percent(40) ? Math.min(spanMs, bunch + chance.pick([0, 0, 5, 200])) : chance.between(0, spanMs);
  for (let n = 0; n < orders; n += 1) {
    const bought = lines();
    // Early: what follows from an order is to happen while things go wrong.
    world.in(Math.floor(when() / 2), null, () => {
      shop.place(bought);
    });
  }
  for (let n = chance.between(0, orders); n > 0; n -= 1) {
    const kinds = Array.from({ length: chance.pick([1, 1, 2, 3]) }, () => ({
      kind: chance.pick(['fewer', 'more', 'cancel', 'unit back', 'money back'] as const),
      more: lines()[0] ?? null,
    }));
    world.in(when(), null, () => {
      // Several at once: more than one edit of one order in one tick.
      someOrder((order) => {
        for (const { kind, more } of kinds) {
          if (kind === 'cancel') shop.cancel(order);
          else if (kind === 'unit back') shop.refund(order, 'cancel');
          else if (kind === 'money back') shop.refund(order, 'good will');
          else shop.edit(order, kind === 'more' ? more : null);
        }
      });
    });
  }
  for (let n = chance.between(0, 5); n > 0; n -= 1) {
    const place = `${chance.pick(['a', 'b', 'c'])}@${chance.pick(LOCATIONS)}`;
    const units = chance.between(-4, 8);
    world.in(chance.between(0, spanMs), null, () => {
      depot.put(place, units);
      world.trace(`depot counts ${units} more of ${place}`);
    });
  }
}
