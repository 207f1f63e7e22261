import type { LineId } from './ids.ts';
import type { Hold, Order, OrderLine, Personal } from './order.ts';
import { openQuantity } from './order.ts';
import { same } from './same.ts';

/** The quantities of one line, by what happened to them. */
export interface LineQuantities {
  readonly ordered: number;
  readonly cancelled: number;
  readonly shipped: number;
  readonly returned: number;
}

export interface LineDifference {
  readonly line: LineId;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Null for a line that was added. */
  readonly before: LineQuantities | null;
  /** Null for a line that is gone. */
  readonly after: LineQuantities | null;
  /** What changed beside quantities: `price` is gross, discounts, taxes or duties; `item` what is shipped, and by whom. */
  readonly changed: readonly ('price' | 'item' | 'description')[];
}

/** Records known by the remote's id. */
export interface RecordsDifference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What else of an order changed, in words that name no person. */
export type HeaderChange =
  | 'cancellation'
  | 'test'
  | 'currency'
  | 'shipping'
  | 'method'
  | 'fees'
  | 'discounts'
  | 'totals'
  | 'returns'
  | 'assignments'
  | 'destination'
  | 'risk'
  | 'tags'
  | 'attributes'
  | 'dates'
  | 'number';

/** That something personal changed, never what it is. */
export type PersonalChange = 'shipping address' | 'billing address' | 'contact' | 'note' | 'other';

export interface OrderDifference {
  /** The revisions differ in nothing. */
  readonly empty: boolean;
  readonly lines: readonly LineDifference[];
  readonly payments: RecordsDifference;
  readonly refunds: RecordsDifference;
  readonly holds: { readonly added: readonly Hold['kind'][]; readonly removed: readonly Hold['kind'][] };
  readonly header: readonly HeaderChange[];
  readonly personal: readonly PersonalChange[];
  /** Whether stock must be planned again, and whether money is to be booked anew. */
  readonly affects: { readonly allocation: boolean; readonly posting: boolean };
  /**
   * A provider would be asked for something else, or for somebody else: one that refused may be asked again. What the
   * channel notes of our own work (assignments, what shipped) is none of that.
   */
  readonly asks: boolean;
}

/**
 * What an edit changed between two revisions of one order, line by line. The order of lines, payments and holds is no
 * difference, nor is `updatedAt`: revisions of equal content differ in nothing. Sorted by id, so that the same two
 * revisions always give the same difference.
 */
export function differOrders(before: Order, after: Order): OrderDifference {
  const lines = differLines(before.lines, after.lines);
  const payments = differRecords(before.payments, after.payments);
  const refunds = differRecords(before.refunds, after.refunds);
  const holds = differHolds(before.holds, after.holds);
  const header = HEADER.filter(([, part]) => !same(part(before), part(after))).map(([change]) => change);
  const personal = PERSONAL.filter(([, part]) => !same(part(before.personal), part(after.personal))).map(
    ([change]) => change,
  );
  const affects = {
    allocation:
      holds.added.length + holds.removed.length > 0 ||
      header.some((change) => MOVES_STOCK.has(change)) ||
      movesStock(before, after, lines),
    posting:
      lines.some(({ kind, changed }) => kind !== 'changed' || changed.includes('price')) ||
      lines.some(({ before: one, after: other }) => !same(one, other)) ||
      [payments, refunds].some(({ added, changed, removed }) => added.length + changed.length + removed.length > 0) ||
      header.some((change) => MOVES_MONEY.has(change)),
  };
  const asks =
    holds.added.length + holds.removed.length > 0 ||
    header.some((change) => CHANGES_WORK.has(change)) ||
    personal.some((change) => change === 'shipping address' || change === 'contact') ||
    lines.some(
      ({ before: one, after: other, changed }) =>
        one?.ordered !== other?.ordered || one?.cancelled !== other?.cancelled || changed.includes('item'),
    );
  const records = [payments, refunds].flatMap(({ added, changed, removed }) => [added, changed, removed]);
  const empty = [lines, header, personal, holds.added, holds.removed, ...records].every((list) => list.length === 0);
  return { empty, lines, payments, refunds, holds, header, personal, affects, asks };
}

/** A difference in one line for a person: `line A: ordered 2 → 3, price; 1 payment added; hold risk ended`. Ids and counts only. */
export function describeDifference(difference: OrderDifference): string {
  if (difference.empty) return 'nothing changed';
  const { lines, payments, refunds, holds, header, personal } = difference;
  return [
    ...lines.map(describeLine),
    ...describeRecords('payment', payments),
    ...describeRecords('refund', refunds),
    ...holds.added.map((kind) => `hold ${kind} set`),
    ...holds.removed.map((kind) => `hold ${kind} ended`),
    ...[...header, ...personal].map((part) => `${part} changed`),
  ].join('; ');
}

const HEADER: readonly (readonly [HeaderChange, (order: Order) => unknown])[] = [
  ['cancellation', (order) => order.cancelledAt],
  ['test', (order) => order.test],
  ['currency', (order) => [order.currency, order.taxIncluded]],
  ['shipping', (order) => order.shipping],
  ['method', (order) => order.method],
  ['fees', (order) => order.fees],
  ['discounts', (order) => order.discounts],
  ['totals', (order) => order.totals],
  ['returns', (order) => order.returns],
  ['assignments', (order) => byId(order.assignments)],
  ['destination', (order) => order.destination],
  ['risk', (order) => order.risk],
  ['tags', (order) => [...order.tags].sort()],
  ['attributes', (order) => order.attributes],
  ['dates', (order) => [order.placedAt, order.closedAt, order.businessDate]],
  ['number', (order) => order.number],
];

const MOVES_STOCK: ReadonlySet<HeaderChange> = new Set(['cancellation', 'test', 'assignments', 'destination']);
const CHANGES_WORK: ReadonlySet<HeaderChange> = new Set(['cancellation', 'test', 'shipping', 'destination', 'number']);
const MOVES_MONEY: ReadonlySet<HeaderChange> = new Set([
  'cancellation',
  'test',
  'currency',
  'shipping',
  'fees',
  'totals',
  'dates',
]);

const PERSONAL: readonly (readonly [PersonalChange, (personal: Personal) => unknown])[] = [
  ['shipping address', (personal) => personal.shippingAddress],
  ['billing address', (personal) => personal.billingAddress],
  ['contact', (personal) => [personal.name, personal.email, personal.phone, personal.customer]],
  ['note', (personal) => personal.note],
  ['other', (personal) => [personal.attributes, personal.ip, personal.pickup]],
];

function differLines(before: readonly OrderLine[], after: readonly OrderLine[]): LineDifference[] {
  const differences: LineDifference[] = [];
  const here = new Map(before.map((line) => [line.id, line]));
  for (const line of after) {
    const old = here.get(line.id);
    here.delete(line.id);
    if (old === line) continue;
    if (old === undefined) {
      differences.push({ line: line.id, kind: 'added', before: null, after: quantitiesOf(line), changed: [] });
      continue;
    }
    const changed = LINE_PARTS.filter(([, part]) => !same(part(old), part(line))).map(([change]) => change);
    if (changed.length === 0 && same(quantitiesOf(old), quantitiesOf(line))) continue;
    differences.push({ line: line.id, kind: 'changed', before: quantitiesOf(old), after: quantitiesOf(line), changed });
  }
  for (const line of here.values()) {
    differences.push({ line: line.id, kind: 'removed', before: quantitiesOf(line), after: null, changed: [] });
  }
  return differences.sort((a, b) => compareText(a.line, b.line));
}

const LINE_PARTS: readonly (readonly [LineDifference['changed'][number], (line: OrderLine) => unknown])[] = [
  ['price', (line) => [line.gross, line.discounts, line.taxes, line.duties]],
  ['item', (line) => [line.sku, line.components, line.fulfilledBy, line.kind]],
  ['description', (line) => [line.title, line.listing, line.externalId, line.attributes]],
];

/** Stock is concerned where what is open of a line that we ship, before or after, is not the same. */
function movesStock(before: Order, after: Order, differences: readonly LineDifference[]): boolean {
  if (differences.length === 0) return false;
  const [here, there] = [openLines(before), openLines(after)];
  return differences.some(({ line }) => !same(here.get(line), there.get(line)));
}

function openLines(order: Order): Map<LineId, unknown> {
  const ours = order.lines.filter((line) => line.fulfilledBy === 'us' && openQuantity(line) > 0);
  return new Map(ours.map((line) => [line.id, [openQuantity(line), line.sku, line.components]]));
}

function differRecords(
  before: readonly { readonly externalId: string }[],
  after: readonly { readonly externalId: string }[],
): RecordsDifference {
  const here = new Map(before.map((record) => [record.externalId, record]));
  const there = new Map(after.map((record) => [record.externalId, record]));
  return {
    added: [...there.keys()].filter((id) => !here.has(id)).sort(compareText),
    changed: [...there]
      .filter(([id, record]) => here.has(id) && !same(here.get(id), record))
      .map(([id]) => id)
      .sort(compareText),
    removed: [...here.keys()].filter((id) => !there.has(id)).sort(compareText),
  };
}

function differHolds(before: readonly Hold[], after: readonly Hold[]): OrderDifference['holds'] {
  return { added: without(after, before), removed: without(before, after) };
}

function without(holds: readonly Hold[], known: readonly Hold[]): Hold['kind'][] {
  const left = [...known];
  const rest: Hold['kind'][] = [];
  for (const hold of holds) {
    const at = left.findIndex((one) => same(one, hold));
    if (at < 0) rest.push(hold.kind);
    else left.splice(at, 1);
  }
  return rest.sort(compareText);
}

function describeLine({ line, kind, before, after, changed }: LineDifference): string {
  if (before === null || after === null) return `line ${line} ${kind} (${(after ?? before)?.ordered ?? 0})`;
  const moved = QUANTITIES.filter((name) => before[name] !== after[name]);
  return `line ${line}: ${[...moved.map((name) => `${name} ${before[name]} → ${after[name]}`), ...changed].join(', ')}`;
}

function describeRecords(noun: string, records: RecordsDifference): string[] {
  return (['added', 'changed', 'removed'] as const)
    .filter((what) => records[what].length > 0)
    .map((what) => `${records[what].length} ${noun}${records[what].length === 1 ? '' : 's'} ${what}`);
}

const QUANTITIES = ['ordered', 'cancelled', 'shipped', 'returned'] as const;

function quantitiesOf({ ordered, cancelled, shipped, returned }: OrderLine): LineQuantities {
  return { ordered, cancelled, shipped, returned };
}

function byId(records: readonly { readonly externalId: string }[]): unknown {
  return [...records].sort((a, b) => compareText(a.externalId, b.externalId));
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
