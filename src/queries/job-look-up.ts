import type { Store } from '../store/open-store.ts';

/** The kinds of jobs by which work on an order or a level is still to be done. */
export const WORK = {
  normalize: 'normalize-order',
  account: 'account-order',
  allocate: 'allocate-order',
  drain: 'drain-stock',
  shortfall: 'release-shortfall',
} as const;

export function jobKey(kind: string, subject: string): string {
  return `${kind}:${subject}`;
}

/** Of these job keys, those that exist: ready, under way or parked. */
export async function jobsThere(store: Store, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await store.collections.jobs
    .find({ _id: { $in: [...new Set(keys)] } })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  return new Set(rows.map((row) => row._id));
}

/** A cursor's documents in groups, so that what belongs to them is asked for together and never all at once. */
export async function* inGroups<T>(cursor: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const document of cursor) {
    group.push(document);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
