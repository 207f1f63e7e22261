import type { Order } from './order.ts';

/** One field of an order that is not the same. */
export interface FieldChange {
  /** Where it stands, e.g. `lines[0].sku`. */
  readonly field: string;
  /** Null where the order has none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What stands in place of what identifies a person. */
const MASKED = '•••';

/** Told in words of their own, or made of the others. */
const LEFT_OUT: ReadonlySet<string> = new Set(['holds']);

/**
 * Every field in which two readings of one order differ, sorted by its path.
 * @param personal whether what identifies a person is shown; else that it differs is all that is told
 */
export function differFields(before: Order, after: Order, personal: boolean): FieldChange[] {
  const [here, there] = [fieldsOf(before), fieldsOf(after)];
  const changes: FieldChange[] = [];
  for (const field of new Set([...here.keys(), ...there.keys()])) {
    const [one, other] = [here.get(field) ?? null, there.get(field) ?? null];
    if (one === other) continue;
    const masked = !personal && field.startsWith('personal.');
    const shown = (text: string | null): string | null => (text !== null && masked ? MASKED : text);
    changes.push({ field, before: shown(one), after: shown(other) });
  }
  return changes.sort((a, b) => (a.field < b.field ? -1 : 1));
}

function fieldsOf(order: Order): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(order)) if (!LEFT_OUT.has(name)) walk(name, value, fields);
  return fields;
}

function walk(path: string, value: unknown, into: Map<string, string>): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    into.set(path, String(value));
  if (typeof value !== 'object' || value === null) return;
  const list = Array.isArray(value);
  for (const [name, inner] of Object.entries(value)) walk(list ? `${path}[${name}]` : `${path}.${name}`, inner, into);
}
