/**
 * Whether two plain values (null, primitives, arrays, objects of these) have the same content. The order of an object's
 * keys is no difference, a key that is absent and one that is undefined are the same; the order of an array counts.
 */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((value, at) => same(value, other[at]));
  }
  const left = new Map<string, unknown>(Object.entries(one));
  const right = new Map<string, unknown>(Object.entries(other));
  for (const [key, value] of left) if (!same(value, right.get(key))) return false;
  for (const [key, value] of right) if (value !== undefined && !left.has(key)) return false;
  return true;
}
