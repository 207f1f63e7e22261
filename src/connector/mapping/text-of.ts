/** A value of a record as text; null for what is no single value (a list, a map). Nothing there is undefined. */
export function textOf(value: unknown): string | null | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return null;
}

/** What kind of thing it is, for a message; never what it says, which may be personal. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'object' ? 'a map of keys' : `a ${typeof value}`;
}
