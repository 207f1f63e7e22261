import type { Sku } from '../../../domain/ids.ts';
import type { Instant } from '../../../domain/time.ts';
import { minus, NOTHING, plus, share } from './amounts.ts';
import { fitted, givenBack, takeAway } from './giving-back.ts';
import { shopOf } from './places.ts';
import { lineOf, taxed } from './pricing.ts';
import { currentQuantity, discountOf, netOf, taxOf, totalsOf, type Assigned, type Sale, type Tender } from './sale.ts';

/** Each of these is one thing that happens to an order: the sale as it is afterwards, one revision on. None changes its argument. */
function after(sale: Sale, at: Instant, change: Partial<Sale>): Sale {
  return { ...sale, ...change, updatedAt: Math.max(at, sale.updatedAt), revision: sale.revision + 1 };
}

/** Nothing but the clock of the record moves, as when staff add a tag: what was read before is read again unchanged in substance. */
export function touched(sale: Sale, at: Instant): Sale {
  return after(sale, at, { tags: [...sale.tags.filter((tag) => !tag.startsWith('seen-')), `seen-${sale.revision}`] });
}

/** Parcels leave for all work that is open; with `lines` only for so many of the first lines of each. */
export function shipped(sale: Sale, at: Instant, carrier: string, lines = Number.POSITIVE_INFINITY): Sale {
  const left = new Map<number, number>();
  const parcels = [...sale.parcels];
  const assigned = sale.assigned.map((work): Assigned => {
    if (work.status === 'cancelled' || work.status === 'closed') return work;
    const going = work.lines.filter((line) => line.remaining > 0).slice(0, lines);
    if (going.length === 0) return work;
    const number = parcels.length + 1;
    parcels.push({
      number,
      at,
      place: work.place,
      carrier,
      tracking: `TRK${sale.number}${number}X${at % 100_000}`,
      lines: going.map((line) => ({ line: line.line, quantity: line.remaining })),
    });
    for (const line of going) left.set(line.line, (left.get(line.line) ?? 0) + line.remaining);
    const rest = work.lines.map((line) => (going.includes(line) ? { ...line, remaining: 0 } : line));
    return { ...work, status: rest.every((line) => line.remaining === 0) ? 'closed' : 'in-progress', lines: rest };
  });
  return after(sale, at, {
    parcels,
    assigned,
    lines: sale.lines.map((line) => ({ ...line, shipped: line.shipped + (left.get(line.number) ?? 0) })),
  });
}

/** The whole order is called off before anything left; what was paid goes back, what was only authorized is voided. */
export function cancelled(sale: Sale, at: Instant, reason: NonNullable<Sale['cancelReason']>): Sale {
  const { lines, back } = takeAway(
    sale,
    sale.lines.map((line) => [line, currentQuantity(line)] as const),
    'cancel',
  );
  const paid = sale.tenders.some((tender) => tender.status === 'success' && tender.kind !== 'authorization');
  const authorized = sale.tenders.find((tender) => tender.status === 'success' && tender.kind === 'authorization');
  const voids: Tender[] =
    !paid && authorized
      ? [
          {
            number: sale.tenders.length + 1,
            kind: 'void',
            status: 'success',
            gateway: authorized.gateway,
            amount: authorized.amount,
            at,
            parent: authorized.number,
          },
        ]
      : [];
  const refund = givenBack(sale, at, {
    lines: back,
    shipping: true,
    duties: true,
    fees: true,
    note: 'Cancelled before shipping',
  });
  return after(sale, at, {
    cancelledAt: at,
    cancelReason: reason,
    closedAt: at,
    lines,
    tenders: [...sale.tenders, ...voids],
    refunds: [...sale.refunds, refund],
    assigned: sale.assigned.map((work) => ({
      ...work,
      status: 'cancelled',
      lines: work.lines.map((line) => ({ ...line, remaining: 0 })),
    })),
  });
}

/** All that is left of the order comes back, with its shipping: goods that left are returned, the rest is cancelled. */
export function refundedInFull(sale: Sale, at: Instant): Sale {
  const { lines, back } = takeAway(
    sale,
    sale.lines.map((line) => [line, currentQuantity(line)] as const),
    'by-shipment',
  );
  const refund = givenBack(sale, at, {
    lines: back,
    shipping: true,
    duties: true,
    fees: true,
    note: 'Buyer was not satisfied',
  });
  return after(sale, at, { lines, refunds: [...sale.refunds, refund], assigned: fitted(sale.assigned, lines) });
}

/** One unit of the first line that has one; with a fee kept back in percent of it. */
export function refundedInPart(sale: Sale, at: Instant, keptPercent = 0): Sale {
  const line = sale.lines.find((each) => currentQuantity(each) > 0 && each.kind !== 'tip');
  if (!line) return touched(sale, at);
  const { lines, back } = takeAway(sale, [[line, 1]], 'by-shipment');
  const refund = givenBack(sale, at, { lines: back, keptPercent, note: null });
  return after(sale, at, { lines, refunds: [...sale.refunds, refund], assigned: fitted(sale.assigned, lines) });
}

/** Only what was paid for shipping goes back; where it was free, a small goodwill without any line. */
export function shippingRefunded(sale: Sale, at: Instant): Sale {
  const net = plus(NOTHING, ...sale.shipping.map((charge) => minus(charge.price, discountOf(charge))));
  const whole = totalsOf(sale).total;
  const refund = givenBack(sale, at, {
    lines: [],
    shipping: net.shop > 0,
    goodwill: net.shop > 0 ? NOTHING : { shop: 500, buyer: share(500, whole.buyer, whole.shop) },
    note: 'Parcel was late',
  });
  return after(sale, at, { refunds: [...sale.refunds, refund] });
}

/** Staff add one more thing, which the buyer pays at once. */
export function lineAdded(sale: Sale, at: Instant, sku: Sku): Sale {
  const shop = shopOf(sale.shop);
  const destination =
    shop.destinations.find(
      (each) => each.country === sale.country && each.region === (sale.shippingAddress?.region ?? each.region),
    ) ?? shop.destinations[0];
  if (!destination) return touched(sale, at);
  const added = taxed([lineOf(sale.lines.length + 1, sku, 1, destination)], destination, shop);
  const price = plus(NOTHING, ...added.map((line) => plus(netOf(line), sale.taxIncluded ? NOTHING : taxOf(line))));
  const first = sale.assigned.find((work) => work.by === 'us' && work.status !== 'closed');
  const toSend = added.map((line) => ({ line: line.number, total: line.quantity, remaining: line.quantity }));
  return after(sale, at, {
    edited: true,
    lines: [...sale.lines, ...added],
    tenders: [
      ...sale.tenders,
      {
        number: sale.tenders.length + 1,
        kind: 'sale',
        status: 'success',
        gateway: 'shopify_payments',
        amount: price,
        at: at + 1_000,
        parent: null,
      },
    ],
    // Where no work of ours is open any more, or there never was any, the added line makes some.
    assigned:
      first === undefined
        ? [
            ...sale.assigned,
            {
              number: Math.max(0, ...sale.assigned.map(({ number }) => number)) + 1,
              place: destination.place,
              by: 'us',
              method: 'shipping',
              status: 'open',
              fulfillAt: null,
              heldFor: null,
              lines: toSend,
            },
          ]
        : sale.assigned.map((work) => (work === first ? { ...work, lines: [...work.lines, ...toSend] } : work)),
  });
}

/** Staff take one unit off a line that has more than one and has not left; the buyer is paid back at once. */
export function quantityReduced(sale: Sale, at: Instant): Sale {
  const line = sale.lines.find((each) => each.fulfilledBy === 'us' && currentQuantity(each) - each.shipped > 1);
  if (!line) return touched(sale, at);
  const { lines, back } = takeAway(sale, [[line, 1]], 'cancel');
  const refund = givenBack(sale, at, { lines: back, note: null });
  return after(sale, at, {
    edited: true,
    lines,
    refunds: [...sale.refunds, refund],
    assigned: fitted(sale.assigned, lines),
  });
}

/** The buyer has asked to send a unit back; it is on its way, no money has moved. */
export function returnOpened(sale: Sale, at: Instant, reason: string): Sale {
  const line = sale.lines.find((each) => each.shipped - each.returned > 0);
  if (!line) return touched(sale, at);
  return after(sale, at, {
    returns: [
      ...sale.returns,
      { number: sale.returns.length + 1, at, status: 'open', lines: [{ line: line.number, quantity: 1, reason }] },
    ],
  });
}

/** What was asked to be sent back has arrived and is paid back. */
export function returnClosed(sale: Sale, at: Instant): Sale {
  const open = sale.returns.find((each) => each.status === 'open');
  if (!open) return touched(sale, at);
  const taken = open.lines.flatMap(({ line, quantity }) =>
    sale.lines.filter((each) => each.number === line).map((each) => [each, quantity] as const),
  );
  const { lines, back } = takeAway(sale, taken, 'by-shipment');
  const refund = { ...givenBack(sale, at, { lines: back, note: null }), returned: open.number };
  return after(sale, at, {
    lines,
    refunds: [...sale.refunds, refund],
    returns: sale.returns.map((each) => (each === open ? { ...each, status: 'closed' } : each)),
  });
}
