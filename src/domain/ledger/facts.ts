import { bookingProblems } from '../booking.ts';
import { SyncError } from '../errors.ts';
import type { ExternalId, LineId } from '../ids.ts';
import { derivedId } from '../ids.ts';
import type { Order, Payment, Refund } from '../order.ts';
import { businessDate } from '../time.ts';
import type { Instant } from '../time.ts';
import type { Fact, FactKind, Transfer } from './fact.ts';
import { closeCents, correctClosedLines, passCharges, passUnits, statedPassing } from './passing.ts';
import { Position } from './position.ts';
import type { Draft } from './position.ts';
import type { Side } from './price.ts';
import type { RefundEffect } from './refunds.ts';
import { adjustedBy, adjustmentOfRefund, effectOfRefund } from './refunds.ts';

/** How a connection's books are kept. */
export interface Books {
  /** IANA name of the time zone whose days finance posts by. */
  readonly zone: string;
  /** Which of an order's two currencies is booked, from its first fact on; the other is evidence. */
  readonly side: Side;
}

/**
 * What happened to an order's money that `known` does not tell yet, oldest first: captures and voids, units that passed
 * to the buyer, refunds and their payments, corrections of what was recognised, cents that rounding left. Every fact is
 * final: what changes later is a new fact with the difference, so the same observations in the same order give the same
 * facts, and seeing an observation again gives none.
 *
 * `transfers` are all of ours that are known, in any order. What the channel or somebody else ships is taken from its
 * line's `shipped`; what nobody ships (digital, gift card, tip) passes when the channel says so or the order is paid in
 * full. A test order has no facts.
 * @throws SyncError `data` where the order cannot be booked (`bookingProblems`): finance's, and fulfillment goes on.
 */
export function factsOf(order: Order, transfers: readonly Transfer[], known: readonly Fact[], books: Books): Fact[] {
  if (order.test) return [];
  refuseUnbookable(order);
  const side = sideOf(order, known, books.side);
  const position = new Position(known);
  const draft = drafting(order, { ...books, side });
  const events = [
    ...refundEvents(order, known, position, draft, side),
    ...paymentEvents(order, draft, side),
    ...transferEvents(order, transfers, known, position, draft, side),
  ];
  events.sort((a, b) => a.at - b.at || a.rank - b.rank || compareText(a.id, b.id));
  const append = (fact: Draft | null): void => {
    if (fact !== null && !position.has(fact.id)) position.append(fact);
  };
  for (const { make } of events) append(make());
  for (const passing of statedPassing(order, position, side)) {
    append(draft(passing.kind, passing.source, passing.at, passing));
  }
  // Corrections are numbered by their place among the order's facts: the same amount can be corrected twice.
  for (const correct of [passCharges, correctClosedLines, closeCents]) {
    const correction = correct(order, position, side);
    if (correction === null) continue;
    // The order may not have changed since: what is corrected then is what the newest fact has left.
    const at = Math.max(order.updatedAt, position.newest);
    append(draft(correction.kind, `after-${position.length}`, at, { parts: correction.parts }));
  }
  return position.appended;
}

/** Makes a fact of this order without what the position adds. */
type Drafting = (kind: FactKind, source: ExternalId, at: Instant, but: Partial<Draft>) => Draft;

interface Event {
  readonly at: Instant;
  /** Among events of one instant: money first, so that what passes finds its deposit. */
  readonly rank: number;
  readonly id: string;
  make(): Draft | null;
}

function drafting(order: Order, { zone, side }: Books): Drafting {
  return (kind, source, at, but) => ({
    tender: null,
    parts: [],
    units: [],
    cancels: [],
    location: null,
    ...but,
    id: derivedId('fct', order.id, kind, source),
    kind,
    order: order.id,
    number: order.number,
    company: order.company,
    connection: order.connection,
    currency: order.currency[side],
    at,
    date: businessDate(at, zone),
    source,
  });
}

/** Money that moved, and authorizations given up. What was only promised (authorized, pending) or failed is no fact. */
function paymentEvents(order: Order, draft: Drafting, side: Side): Event[] {
  const refunded = order.refunds.flatMap(({ payments }) => payments);
  const events: Event[] = [];
  for (const payment of [...order.payments, ...refunded]) {
    if (payment.status !== 'success' || payment.kind === 'authorization') continue;
    const { externalId: id, at, giftCard } = payment;
    if (payment.kind === 'void') {
      events.push({ at, rank: 0, id, make: () => draft('void', id, at, {}) });
      continue;
    }
    const out = payment.kind === 'refund' || payment.kind === 'change';
    const tender = {
      gateway: payment.method ?? payment.gateway,
      giftCard,
      minor: out ? 0 - payment.amount[side] : payment.amount[side],
    };
    events.push({
      at,
      // Money back stands after the refund that it pays.
      rank: payment.kind === 'refund' ? 3 : 0,
      id,
      make: () => draft(kindOfPayment(payment), id, at, { tender }),
    });
  }
  return events;
}

function kindOfPayment({
  kind,
  giftCard,
}: {
  readonly kind: Payment['kind'] | 'refund';
  readonly giftCard: boolean;
}): FactKind {
  if (kind === 'refund') return 'refund-paid';
  if (kind === 'change') return 'change';
  return giftCard ? 'gift-card-redeemed' : 'capture';
}

/** Refunds not known yet. What they cancel is taken out of the position at once: it is not to be recognised any more. */
function refundEvents(order: Order, known: readonly Fact[], position: Position, draft: Drafting, side: Side): Event[] {
  const told = new Map(known.filter(({ kind }) => kind === 'refund').map((fact) => [fact.source, fact]));
  const refunds = [...order.refunds].sort((a, b) => a.at - b.at || compareText(a.externalId, b.externalId));
  const seen = new Set<ExternalId>(told.keys());
  const effects = new Map<Refund, RefundEffect>();
  for (const refund of refunds) {
    if (told.has(refund.externalId)) continue;
    const effect = effectOfRefund(order, refund, seen, position, side);
    position.cancel(effect.cancels);
    seen.add(refund.externalId);
    effects.set(refund, effect);
  }
  const before: { refund: Refund; adjusted: number }[] = [];
  const events: Event[] = [];
  for (const refund of refunds) {
    const effect = effects.get(refund);
    if (effect === undefined) {
      before.push({ refund, adjusted: adjustedBy(told.get(refund.externalId)?.parts ?? []) });
      continue;
    }
    const adjustment = adjustmentOfRefund(order, refund, before, position, side);
    before.push({ refund, adjusted: adjustedBy(adjustment) });
    const { externalId: id, at } = refund;
    const parts = [...effect.parts, ...adjustment];
    events.push({ at, rank: 2, id, make: () => draft('refund', id, at, { parts, cancels: effect.cancels }) });
  }
  return events;
}

function transferEvents(
  order: Order,
  transfers: readonly Transfer[],
  known: readonly Fact[],
  position: Position,
  draft: Drafting,
  side: Side,
): Event[] {
  const told = new Set(known.filter(({ kind }) => kind === 'transfer').map(({ source }) => source));
  // One that was heard of late counts after those that were booked without it, whatever its time.
  const sorted = [...transfers].sort(
    (a, b) => Number(told.has(b.id)) - Number(told.has(a.id)) || a.at - b.at || compareText(a.id, b.id),
  );
  const sums = new Map<LineId, number>();
  const events: Event[] = [];
  for (const { id, at, location, lines } of sorted) {
    for (const { line, quantity } of lines) sums.set(line, (sums.get(line) ?? 0) + quantity);
    if (told.has(id)) continue;
    const reached = new Map(lines.map(({ line }) => [line, sums.get(line) ?? 0]));
    events.push({
      at,
      rank: 1,
      id,
      make: () => {
        const passing = passUnits(order, reached, position, side);
        return passing.units.length === 0 ? null : draft('transfer', id, at, { ...passing, location });
      },
    });
  }
  return events;
}

/**
 * The side whose currency an order's facts are in: one order is booked in one currency to its end, also where the
 * connection's setting was turned meanwhile. Amounts of two cannot be subtracted from one another.
 */
function sideOf({ currency, number }: Order, known: readonly Fact[], side: Side): Side {
  const begun = known[0]?.currency;
  if (begun === undefined || begun === currency[side]) return side;
  const other = side === 'shop' ? 'buyer' : 'shop';
  if (begun === currency[other]) return other;
  throw new SyncError('data', `Order ${number} was begun in ${begun}, and the channel states it in none such now.`, {
    code: 'currency-changed',
    remedy: 'Compare its currency with the channel, and report the order if both look right.',
  });
}

function refuseUnbookable(order: Order): void {
  const [problem] = bookingProblems(order);
  if (problem === undefined) return;
  const { code, message, remedy, field, needs } = problem;
  throw new SyncError('data', `Order ${order.number} cannot be booked. ${message}`, { code, remedy, field, needs });
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
