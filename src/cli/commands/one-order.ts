import { findOrders } from '../../queries/order-timeline.ts';
import type { Store } from '../../store/open-store.ts';
import { SyncError } from '../../domain/errors.ts';
import type { OrderId } from '../../domain/ids.ts';
import { UsageError } from '../exit-code.ts';

/** The one order that a person means by its number or an id. @throws SyncError or UsageError where there is none, or several. */
export async function oneOrder(store: Store, wanted: string): Promise<{ id: OrderId; number: string }> {
  const found = await findOrders(store, wanted);
  const [only] = found;
  if (only === undefined)
    throw new SyncError('data', `There is no order ${wanted}.`, {
      code: 'no-such-order',
      remedy: "Name its number, our id or the channel's id. See: crossdock orders list",
    });
  if (found.length > 1)
    throw new UsageError(
      `${found.length} orders are called ${wanted}. Name one by its id: ${found.map(({ id }) => id).join(', ')}`,
    );
  return only;
}
