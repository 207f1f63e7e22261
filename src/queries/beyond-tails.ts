import type { MovementEntry } from '../store/documents.ts';

/** What of a level tells whether all of its movements stand in its tail. */
export interface Tailed {
  readonly _id: string;
  readonly v: number;
  readonly tail: readonly MovementEntry[];
}

/** Levels that have movements beyond their tails, and where those stand. */
export interface BeyondTails {
  readonly levels: readonly string[];
  /** Holds those of other levels in between too. */
  readonly filter: { readonly _id: { readonly $gte: string; readonly $lt: string } };
}

/**
 * Where the movements stand that have left the tails of these levels, to be read after the levels: nothing that had left by
 * then is missed. Null = they are all in the tails.
 * @param levels in the order of their ids
 */
export function beyondTails(levels: readonly Tailed[]): BeyondTails | null {
  const drained = levels.filter(({ tail, v }) => tail.length < v).map(({ _id }) => _id);
  const [first, last] = [drained[0], drained.at(-1)];
  if (first === undefined || last === undefined) return null;
  return { levels: drained, filter: { _id: { $gte: `${first}#`, $lt: `${last}$` } } };
}
