/** Which index answers a filter, over which ranges of its keys, and what must still be checked on the documents. */
import { CODE, CommandFailure } from '../failure.ts';
import { keyOf } from '../bson/key.ts';
import type { Path } from '../bson/path.ts';
import { pathOf } from '../bson/path.ts';
import type { Slice } from '../bson/slice.ts';
import { T } from '../bson/slice.ts';
import type { Collection, Index, IndexField } from '../storage/catalog.ts';
import type { Filter, Test } from './filter.ts';
import type { Bounds, PathTest } from './bounds.ts';
import { PAST, boundsOf, compareKeys, isPoint, joined } from './bounds.ts';
import { implies } from './implied.ts';
import type { SortField } from './sort.ts';

/** Keys from `low` (inclusive) to `high` (exclusive). The first `fixed` bytes are the same in all of them. */
export interface Range {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  readonly fixed: number;
}

export type Plan =
  | {
      readonly kind: 'ids';
      readonly keys: readonly Uint8Array[];
      readonly residual: Filter | null;
      readonly sorted: boolean;
    }
  | {
      readonly kind: 'index';
      /** null stands for the index on `_id`. */
      readonly index: Index | null;
      readonly ranges: readonly Range[];
      readonly reverse: boolean;
      /** Whether the ranges must be merged by what follows their fixed part to come out in the order asked for. */
      readonly merge: boolean;
      readonly sorted: boolean;
      readonly residual: Filter | null;
    }
  | { readonly kind: 'scan'; readonly residual: Filter | null; readonly sorted: boolean };

export type Hint = { readonly name: string } | { readonly natural: true } | null;

const ID_FIELDS: readonly IndexField[] = [{ path: pathOf('_id'), descending: false }];
const MAX_RANGES = 5000;
const MAX_MERGED = 256;

/** Plans `filter` on `collection`. @throws CommandFailure 2 when the hinted index does not exist. */
export function planFor(collection: Collection, filter: Filter, sort: readonly SortField[], hint: Hint): Plan {
  const conjuncts = filter.kind === 'and' ? filter.parts : [filter];
  const tests = conjuncts.filter((f): f is PathTest => f.kind === 'path');
  if (hint === null) {
    const byId = idPlan(conjuncts, tests, sort);
    if (byId !== null) return byId;
  }
  let best: Candidate | null = null;
  const consider = (index: Index | null): void => {
    if (sort.length === 0 && !isUsable(index, tests)) return;
    const candidate = candidateFor(index, conjuncts, tests, sort);
    if (best === null || candidate.score > best.score) best = candidate;
  };
  if (hint !== null && 'natural' in hint)
    return { kind: 'scan', residual: residualOf(conjuncts, []), sorted: sort.length === 0 };
  if (hint !== null) {
    const index = collection.indexes.find((i) => i.name === hint.name);
    if (index === undefined && hint.name !== '_id_')
      throw new CommandFailure(
        CODE.badValue,
        'error processing query: planner returned error: hint provided does not correspond to an existing index',
      );
    return candidateFor(index ?? null, conjuncts, tests, sort).plan();
  }
  for (const index of collection.indexes)
    if (index.partial === null || implies(conjuncts, index.partial)) consider(index);
  consider(null);
  const chosen: Candidate | null = best;
  if (chosen === null || scoreOf(chosen) === 0)
    return { kind: 'scan', residual: residualOf(conjuncts, []), sorted: sort.length === 0 };
  return planOf(chosen);
}

/** Whether any condition is about the first field of an index: without a sort it is good for nothing else. */
function isUsable(index: Index | null, tests: readonly PathTest[]): boolean {
  const first = (index?.fields ?? ID_FIELDS)[0]?.path.text;
  for (const test of tests) if (test.path.text === first) return true;
  return false;
}

function scoreOf(candidate: Candidate): number {
  return candidate.score;
}

function planOf(candidate: Candidate): Plan {
  return candidate.plan();
}

function residualOf(conjuncts: readonly Filter[], decided: readonly Filter[]): Filter | null {
  const parts = decided.length === 0 ? conjuncts : conjuncts.filter((f) => !decided.includes(f));
  if (parts.length === 0) return null;
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'and', parts };
}

/** `_id` equal to one value or one of several: fetched one by one, in the order of `_id`. */
function idPlan(conjuncts: readonly Filter[], tests: readonly PathTest[], sort: readonly SortField[]): Plan | null {
  const test = tests.find((t) => t.path.text === '_id' && pointsOf(t.test) !== null);
  if (test === undefined) return null;
  const unique = distinct((pointsOf(test.test) ?? []).map((p) => keyOf(p)));
  const sorted = sort.length === 0 || unique.length <= 1 || (sort[0]?.path.text === '_id' && !sort[0].descending);
  return { kind: 'ids', keys: unique, residual: residualOf(conjuncts, [test]), sorted };
}

/** The values of an equality or `$in` that keys decide, or null. An array or a regex is never looked up as a point. */
function pointsOf(test: Test): readonly Slice[] | null {
  if (test.op === 'eq') return isPoint(test.value) ? [test.value] : null;
  if (test.op === 'in' && test.regexes.length === 0 && test.values.every(isPoint)) return test.values;
  return null;
}

interface Candidate {
  readonly score: number;
  plan(): Plan;
}

function candidateFor(
  index: Index | null,
  conjuncts: readonly Filter[],
  tests: readonly PathTest[],
  sort: readonly SortField[],
): Candidate {
  const fields = index?.fields ?? ID_FIELDS;
  const multikey = index?.multikey ?? 0;
  const decided: Filter[] = [];
  let prefixes: Uint8Array[] = [new Uint8Array(0)];
  let points = 0;
  const single: Path[] = [];
  for (; points < fields.length; points++) {
    const field = fields[points];
    if (field === undefined) break;
    const test = tests.find((t) => t.path.text === field.path.text && pointsOf(t.test) !== null);
    const values = test === undefined ? null : pointsOf(test.test);
    if (test === undefined || values === null || prefixes.length * values.length > MAX_RANGES) break;
    const keys = distinct(values.map((v) => keyOf(v, field.descending)));
    prefixes = prefixes.flatMap((prefix) => keys.map((key) => joined(prefix, key)));
    if (keys.length === 1 && (multikey & (1 << points)) === 0) single.push(field.path);
    // A null also finds documents whose key cannot tell why it is null.
    if (!values.some((v) => v.type === T.null)) decided.push(test);
  }
  const next = fields[points];
  const bounds = next === undefined ? null : boundsOf(tests, next, (multikey & (1 << points)) !== 0);
  if (bounds !== null) decided.push(...bounds.decided);
  const order = orderFor(fields, multikey, points, prefixes.length, single, sort);
  return {
    score: points * 10 + (bounds === null ? 0 : 6) + (sort.length > 0 && order !== null ? 5 : 0),
    plan() {
      prefixes.sort(compareKeys);
      const ranges = prefixes.flatMap((prefix) => rangesOf(prefix, bounds));
      const reverse = order?.reverse ?? false;
      return {
        kind: 'index',
        index,
        ranges: reverse && !(order?.merge ?? false) ? ranges.reverse() : ranges,
        reverse,
        merge: order?.merge ?? false,
        sorted: sort.length === 0 || order !== null,
        residual: residualOf(conjuncts, decided),
      };
    },
  };
}

function distinct(keys: Uint8Array[]): Uint8Array[] {
  if (keys.length < 2) return keys;
  keys.sort(compareKeys);
  return keys.filter((k, i) => i === 0 || compareKeys(keys[i - 1] ?? k, k) !== 0);
}

function rangesOf(prefix: Uint8Array, bounds: Bounds | null): Range[] {
  const fixed = prefix.length;
  if (bounds === null) return [{ low: prefix, high: joined(prefix, PAST), fixed }];
  const range = { low: joined(prefix, bounds.low), high: joined(prefix, bounds.high), fixed };
  if (bounds.also === undefined) return [range];
  const low = joined(prefix, bounds.also);
  return [range, { low, high: joined(low, PAST), fixed }];
}

/** Whether walking the ranges gives the order asked for: one after the other, or merged, forwards or backwards; or null. */
function orderFor(
  fields: readonly IndexField[],
  multikey: number,
  points: number,
  ranges: number,
  single: readonly Path[],
  sort: readonly SortField[],
): { readonly reverse: boolean; readonly merge: boolean } | null {
  const wanted = sort.filter((s) => !single.includes(s.path));
  if (wanted.length === 0) return { reverse: false, merge: false };
  const inSequence = direction(
    fields.filter((f) => !single.includes(f.path)),
    fields,
    multikey,
    wanted,
  );
  if (inSequence !== null) return { reverse: inSequence, merge: false };
  if (ranges === 1 || ranges > MAX_MERGED) return null;
  const merged = direction(fields.slice(points), fields, multikey, wanted);
  return merged === null ? null : { reverse: merged, merge: true };
}

/** false: as the index runs, true: backwards, null: neither. */
function direction(
  run: readonly IndexField[],
  all: readonly IndexField[],
  multikey: number,
  wanted: readonly SortField[],
): boolean | null {
  let reverse: boolean | null = null;
  for (const [i, by] of wanted.entries()) {
    const field = run[i];
    // `_id` is unique: what stands after it in a sort decides nothing.
    if (i > 0 && wanted[i - 1]?.path.text === '_id') return reverse;
    if (field === undefined || field.path.text !== by.path.text || (multikey & (1 << all.indexOf(field))) !== 0)
      return null;
    const backwards = field.descending !== by.descending;
    if (reverse !== null && reverse !== backwards) return null;
    reverse = backwards;
  }
  return reverse;
}
