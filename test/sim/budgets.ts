import { SyncError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { openBudget } from '../../src/jobs/budgets.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { RemoteName } from './faults.ts';
import { TIME_OUT_MS, type Caller } from './remote.ts';
import type { World } from './world.ts';

/** Our share of one remote's rate, and when it was asked. */
export interface Limit {
  readonly perSecond: number;
  readonly capacity: number;
  readonly sent: number[];
}

/**
 * A way to a remote that keeps to the product's own budget, which all workers share in the store, and tells it when the
 * remote refuses: as the transport does with every call.
 */
export function budgeted(
  caller: Caller,
  remote: RemoteName,
  limit: Limit | undefined,
  { store, clock, world }: { readonly store: Store; readonly clock: Clock; readonly world: World },
): Caller {
  if (limit === undefined) return caller;
  const { perSecond, capacity, sent } = limit;
  const settings = { name: `${remote}/calls`, perSecond, capacity, requestMs: TIME_OUT_MS };
  const budget = openBudget(settings, store, clock, () => '');
  return {
    async call(kind, what, apply, signal) {
      await budget.take(1, signal);
      sent.push(world.now);
      try {
        return await caller.call(kind, what, apply, signal);
      } catch (thrown) {
        if (thrown instanceof SyncError && thrown.fault === 'throttled' && thrown.retryAt !== undefined)
          budget.refuse(thrown.retryAt);
        throw thrown;
      }
    },
  };
}
