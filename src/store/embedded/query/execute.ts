/** A find, from its filter to a function that gives one document after the other. */
import type { Catalog, Collection } from '../storage/catalog.ts';
import type { Storage } from '../storage/storage.ts';
import { asBytes } from '../storage/storage.ts';
import type { Filter } from './filter.ts';
import { matches } from './match.ts';
import type { Hint, Plan } from './plan.ts';
import { planFor } from './plan.ts';
import type { Row, Tally } from './rows.ts';
import { rowsOf } from './rows.ts';
import type { SortField } from './sort.ts';
import { sorted } from './sort.ts';

export interface Query {
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly skip: number;
  /** Infinity: no limit. */
  readonly limit: number;
  readonly hint: Hint;
}

/** Where a query runs, and its bound. */
export interface QuerySite {
  readonly storage: Storage;
  readonly catalog: Catalog;
  /** Called for every row looked at; throws to end the query. */
  readonly spend: (tally: Tally) => void;
}

export const ANY: Filter = { kind: 'and', parts: [] };

/** The rows that satisfy the filter, in the order of the plan, before skip, limit and any sort in memory. */
export function matchingRows(
  site: QuerySite,
  collection: Collection,
  plan: Plan,
  expect: number,
  tally: Tally,
): () => Row | null {
  const rows = rowsOf(site.storage, collection, plan, expect, tally);
  const { residual } = plan;
  return () => {
    for (let row = rows.next(); row !== null; row = rows.next()) {
      site.spend(tally);
      if (residual === null || matches(residual, row.doc)) return row;
    }
    return null;
  };
}

/** The documents of a query. */
export function documentsOf(
  site: QuerySite,
  collection: Collection,
  query: Query,
  tally: Tally,
): () => Uint8Array | null {
  const plan = planFor(collection, query.filter, query.sort, query.hint);
  const wanted = query.skip + query.limit;
  const expect = plan.sorted && Number.isFinite(wanted) ? wanted : 128;
  const rows = matchingRows(site, collection, plan, expect, tally);
  if (plan.sorted) return limited(() => rows()?.doc ?? null, query.skip, query.limit);
  let docs: Uint8Array[] | null = null;
  let at = query.skip;
  return () => {
    docs ??= sorted(() => rows()?.doc ?? null, query.sort, wanted);
    return docs[at++] ?? null;
  };
}

function limited(next: () => Uint8Array | null, skip: number, limit: number): () => Uint8Array | null {
  let skipped = 0;
  let given = 0;
  return () => {
    for (; skipped < skip; skipped++) if (next() === null) return null;
    if (given >= limit) return null;
    given++;
    return next();
  };
}

const COUNT_STEP = 4000;

/** How many documents satisfy `filter`; from the index alone where the index decides the filter. */
export function countOf(site: QuerySite, collection: Collection, filter: Filter, hint: Hint, tally: Tally): number {
  const plan = planFor(collection, filter, [], hint);
  if (plan.residual === null && plan.kind !== 'ids') {
    const counted = countKeys(site, collection, plan, tally);
    if (counted !== null) return counted;
  }
  const rows = matchingRows(site, collection, plan, 128, tally);
  let count = 0;
  while (rows() !== null) count++;
  return count;
}

function countKeys(
  site: QuerySite,
  collection: Collection,
  plan: Exclude<Plan, { kind: 'ids' }>,
  tally: Tally,
): number | null {
  const { storage } = site;
  if (plan.kind === 'scan') {
    // A bounded count first: a short one is answered at once, a long one goes where it stalls nobody.
    const few = storage.number(`SELECT count(*) FROM (SELECT 1 FROM ${collection.table} LIMIT ${COUNT_STEP})`);
    if (few < COUNT_STEP) return few;
    tally.docs += few;
    site.spend(tally);
    return storage.number(`SELECT count(*) FROM ${collection.table}`);
  }
  if (plan.index !== null && plan.index.multikey !== 0) return null;
  const source =
    plan.index === null
      ? `${collection.table} WHERE id >= ? AND id < ?`
      : `i${plan.index.id} WHERE key >= ? AND key < ?`;
  let count = 0;
  for (const { low, high } of plan.ranges) {
    const few = storage.number(`SELECT count(*) FROM (SELECT 1 FROM ${source} LIMIT ${COUNT_STEP})`, low, high);
    tally.keys += few;
    if (few >= COUNT_STEP) {
      tally.docs += few;
      site.spend(tally);
      count += storage.number(`SELECT count(*) FROM ${source}`, low, high);
    } else count += few;
  }
  return count;
}

/** Every document of a collection, in the order of insertion. */
export function everyDocument(
  storage: Storage,
  collection: Collection,
  visit: (rid: number, doc: Uint8Array) => void,
): void {
  const rows = rowsOf(storage, collection, { kind: 'scan', residual: null, sorted: true }, 512, { keys: 0, docs: 0 });
  for (let row = rows.next(); row !== null; row = rows.next()) visit(row.rid, asBytes(row.doc));
}
