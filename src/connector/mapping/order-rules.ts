import type { Order } from '../../domain/order.ts';

/** The field rules and holds of a mapping, compiled. */
export interface OrderRules {
  /**
   * The order as the rules and holds make it. The same text, order and mapping always give the same; neither is changed.
   * @param body the record as the channel gave it, as JSON text
   * @throws SyncError `data`, code `mapping-rule`, that names the rule and its line: this order alone waits (I6)
   */
  apply(body: string, order: Order): Promise<Order>;
}
