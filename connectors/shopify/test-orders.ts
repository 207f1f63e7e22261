import { readFileSync } from 'node:fs';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** A fixture's order as Shopify pages it: every connection with its page marks. */
export function paged(name: string, change: Json = {}): Json {
  const raw: unknown = JSON.parse(readFileSync(new URL(`./fixtures/${name}.raw.json`, import.meta.url), 'utf8'));
  return { ...withMarks(raw), ...change };
}

function withMarks(value: unknown): Json {
  const marked = mark(value);
  return isObject(marked) ? marked : {};
}

function mark(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mark);
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) copy[key] = mark(each);
  return Array.isArray(copy['nodes']) ? { ...copy, pageInfo: { hasNextPage: false, endCursor: null } } : copy;
}
