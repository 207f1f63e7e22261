import type { Books } from '../../connectors/shopify/sandbox-books.ts';
import type { Store } from '../../src/store/open-store.ts';
import { judgePath } from '../flows/path-judge.ts';
import type { Remotes } from '../flows/remotes.ts';
import { judge } from '../flows/shop-judge.ts';
import { shopsOf } from './life.ts';

export interface Verdict {
  readonly faults: readonly string[];
  readonly seen: Readonly<Record<string, number>>;
  /** Waiting for a person, with their cause: counted by code. */
  readonly parked: ReadonlyMap<string, number>;
}

/** A day that began less than a day ago may still be open in one of the companies' zones. */
const CLOSED_MS = 2 * 86_400_000;

/** What ends a hold waits for its time, and is no work that was left over. */
const HOLD = /^I6: fulfill-order:\S+:hold is still ready\.$/;

/** The remotes' own books against the store, by the two judges of the whole path: what is asked, left, told, booked, and every order. */
export async function judgeAll(store: Store, remotes: Remotes): Promise<Verdict> {
  const closed = new Date(Date.now() - CLOSED_MS).toISOString().slice(0, 10);
  const path = await judgePath(store, remotes, closed);
  const books: Books[] = [];
  // What is on hand is said by the warehouses here, and judged with the path: the shops are not asked for it.
  for (const id of shopsOf(remotes)) books.push({ ...(await booksOf(remotes, id)), stock: [] });
  const shops = await judge(store, books);
  const parked = new Map<string, number>();
  for (const one of shops.parked) {
    const code = one.split(' ').at(-1) ?? '';
    parked.set(code, (parked.get(code) ?? 0) + 1);
  }
  const faults = [...path.faults, ...shops.faults.filter((fault) => !HOLD.test(fault))];
  for (const id of remotes.ids) {
    const problems = await remotes.ask(id, 'problems');
    if (Array.isArray(problems) && problems.length > 0)
      faults.push(`The stand-in of ${id} failed: ${problems.map(String).join('; ')}`);
  }
  return { faults, seen: { ...path.seen, ...shops.seen }, parked };
}

/** A shop's own truth, as its stand-in answers it: that is its type there too. */
async function booksOf(remotes: Remotes, id: string): Promise<Books> {
  const books = await remotes.ask(id, 'books');
  if (!isBooks(books)) throw new Error(`${id} has no books`);
  return books;
}

function isBooks(value: unknown): value is Books {
  return typeof value === 'object' && value !== null && 'orders' in value && 'stock' in value && 'shop' in value;
}
