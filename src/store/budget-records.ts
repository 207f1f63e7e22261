import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { BudgetDocument } from './documents.ts';
import { upserting } from './faults.ts';

/** The shared state of every budget: one document each, changed by compare-and-set on its version. */
export interface BudgetRecords {
  /** The document as it is, made full where it is missing. */
  read(name: string, capacity: number, now: Instant): Promise<BudgetDocument>;
  /** False where another worker was faster: read again. */
  replace(
    before: BudgetDocument,
    after: Pick<BudgetDocument, 'tokens' | 'at' | 'closedUntil' | 'slots'>,
  ): Promise<boolean>;
  all(): Promise<BudgetDocument[]>;
}

export function openBudgetRecords(collections: Collections): BudgetRecords {
  const { budgets } = collections;
  return {
    async read(name, capacity, now) {
      const found = await budgets.findOne({ _id: name });
      if (found !== null) return found;
      const fresh = { v: 1, tokens: capacity, at: new Date(now), closedUntil: new Date(0), slots: [] };
      await upserting(budgets.updateOne({ _id: name }, { $setOnInsert: fresh }, { upsert: true }));
      return (await budgets.findOne({ _id: name })) ?? { _id: name, ...fresh };
    },

    async replace(before, after) {
      const result = await budgets.updateOne({ _id: before._id, v: before.v }, { $set: { ...after, v: before.v + 1 } });
      return result.matchedCount === 1;
    },

    async all() {
      return budgets.find({}).toArray();
    },
  };
}
