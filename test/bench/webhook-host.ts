/** Serves one shop of the sandbox until it is ended, and says where its configuration is and what orders it has. */
import { openShops } from '../flows/shops.ts';

const [orders = '560'] = process.argv.slice(2);
const shops = await openShops({ seed: 'webhooks', orders: Number(orders), only: 'harbour-us' });
// The shop answers at once, and limits nothing: what is measured is the worker.
shops.edit(['readAllOrders: true }', 'readAllOrders: true, pointsPerSecond: 1000000 }']);
process.send?.({
  config: shops.config,
  storeFile: shops.storeFile,
  ids: shops.us.books().orders.map(({ id }) => id),
});
process.once('disconnect', () => {
  void shops.close().finally(() => process.exit(0));
});
