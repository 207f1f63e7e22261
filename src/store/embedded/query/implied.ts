/** Whether a query can only find documents that a partial index holds. When in doubt: no, and the index is not used. */
import type { Slice } from '../bson/slice.ts';
import { T } from '../bson/slice.ts';
import { compare, equal } from '../bson/compare.ts';
import { tagOf } from '../bson/key.ts';
import type { Filter, Test } from './filter.ts';
import { isBound } from './filter.ts';
import { valueMatches } from './match.ts';

/** Whether every document that satisfies all `conjuncts` satisfies `partial`. */
export function implies(conjuncts: readonly Filter[], partial: Filter): boolean {
  switch (partial.kind) {
    case 'and':
      return partial.parts.every((part) => implies(conjuncts, part));
    case 'or':
      return partial.parts.some((part) => implies(conjuncts, part));
    case 'path':
      return conjuncts.some(
        (c) => c.kind === 'path' && c.path.text === partial.path.text && testImplies(c.test, partial.test),
      );
    default:
      return false;
  }
}

function testImplies(query: Test, partial: Test): boolean {
  if (query.op === 'eq') return valueImplies(query.value, partial);
  if (query.op === 'in')
    return query.regexes.length === 0 && query.values.length > 0 && query.values.every((v) => valueImplies(v, partial));
  if (partial.op === 'exists') return !isBound(query) || query.value.type !== T.null;
  return rangeImplies(query, partial);
}

function valueImplies(value: Slice, partial: Test): boolean {
  if (value.type === T.array || value.type === T.null || value.type === T.undefined) return false;
  if (partial.op === 'exists') return true;
  return valueMatches({ kind: 'value', test: partial }, value, true);
}

function rangeImplies(query: Test, partial: Test): boolean {
  if (!isBound(query) || !isBound(partial)) return false;
  if (
    tagOf(query.value.type) !== tagOf(partial.value.type) ||
    query.value.type === T.null ||
    query.value.type === T.array
  )
    return false;
  const up = query.op === 'gt' || query.op === 'gte';
  if (up !== (partial.op === 'gt' || partial.op === 'gte')) return false;
  if (equal(query.value, partial.value)) return query.op === partial.op || partial.op === 'gte' || partial.op === 'lte';
  const order = compare(query.value, partial.value);
  return up ? order > 0 : order < 0;
}
