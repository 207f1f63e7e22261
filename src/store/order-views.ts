import type { OrderLine, UnitLine } from '../domain/order.ts';
import type { OrderDocument, PlanDocument, StoredOrder } from './documents.ts';

/**
 * What each kind of work reads of an order. To read a document costs more than anything that is done with it, so a batch
 * leaves in the store what it does not look at. Each view is told by what it leaves out: then what is added to an order is
 * seen by all, and a type and its projection are made from one list.
 */

/** How it came to where it stands: for people. */
const STORY = ['trail'] as const;
/** By what observation and rules it came about. */
const ORIGIN = ['raw', 'mapping', 'decisions', 'company', 'by'] as const;
/** What it costs and how it was paid, and what only the channel's own pages show. */
const MONEY = [
  'currency',
  'taxIncluded',
  'discounts',
  'shipping',
  'fees',
  'payments',
  'refunds',
  'returns',
  'risk',
  'totals',
  'tags',
  'attributes',
] as const;
const LINE_MONEY = ['gross', 'discounts', 'taxes', 'duties', 'attributes'] as const satisfies readonly Exclude<
  keyof OrderLine,
  keyof UnitLine
>[];

type Dropped<T, K extends readonly (keyof T)[]> = Omit<T, K[number]>;

/** A plan without its explanation. */
type BarePlan = Omit<PlanDocument, 'why'>;
type UnitOrder<K extends readonly (keyof StoredOrder)[]> = Omit<Dropped<StoredOrder, K>, 'lines'> & {
  readonly lines: readonly UnitLine[];
};

const REQUEST_MONEY = MONEY.filter((field) => field !== 'shipping');

/** For planning, handing on and telling: what of it goes where. Not what it costs, nothing sealed, no explanations. */
export type AllocatableOrder = Omit<
  Dropped<OrderDocument, typeof STORY | typeof ORIGIN>,
  'personal' | 'problems' | 'order' | 'plan'
> & {
  readonly order: UnitOrder<typeof MONEY>;
  readonly plan: BarePlan | null;
};

/** For asking a provider: an allocatable order, to whom it goes and which way of shipping the buyer chose. */
export type RequestableOrder = AllocatableOrder &
  Pick<OrderDocument, 'personal'> & { readonly order: Pick<StoredOrder, 'shipping'> };

/** For the books: its money and what left, and not how that was planned. */
export type BookableOrder = Omit<OrderDocument, 'trail' | 'plan' | 'personal' | 'decisions'>;

/** For the next revision: what an observation says, and not what became of it. */
export type RevisableOrder = Omit<OrderDocument, 'trail' | 'plan' | 'fulfillments' | 'waiting'>;

type Without = Readonly<Record<string, 0>>;

const UNITS = [
  ...STORY,
  ...ORIGIN,
  'problems',
  'plan.why',
  ...LINE_MONEY.map((field) => `order.lines.${field}`),
] as const;

export const ALLOCATABLE = without(...UNITS, 'personal', ...MONEY.map((field) => `order.${field}`));
export const REQUESTABLE = without(...UNITS, ...REQUEST_MONEY.map((field) => `order.${field}`));
export const BOOKABLE = without('trail', 'plan', 'personal', 'decisions');
export const REVISABLE = without('trail', 'plan', 'fulfillments', 'waiting');

function without(...paths: readonly string[]): Without {
  return Object.fromEntries(paths.map((path) => [path, 0]));
}
