/** What every command runs in. */
import type { Catalog } from '../storage/catalog.ts';
import type { Documents } from '../storage/documents.ts';
import type { Storage } from '../storage/storage.ts';
import type { Tally } from '../query/rows.ts';
import type { Cursors } from './cursors.ts';
import { TooLong } from './too-long.ts';

export interface Context {
  readonly storage: Storage;
  readonly catalog: Catalog;
  readonly documents: Documents;
  readonly cursors: Cursors;
  /** UTC epoch milliseconds. */
  readonly now: () => number;
  /** Twelve bytes for the ObjectId of a document that came without `_id`. */
  readonly newObjectId: () => Uint8Array;
  /** How many documents a read may look at before it is given to the reading thread; null: no bound. */
  readonly readBudget: number | null;
  /** Writes the online backup; absent where there is no file. */
  readonly backup: (to: string) => void;
}

/** @throws TooLong when the read has looked at more than it may. */
export function checkBudget(context: Context, tally: Tally): void {
  if (context.readBudget !== null && tally.docs > context.readBudget) throw new TooLong();
}
