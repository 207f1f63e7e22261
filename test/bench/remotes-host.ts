/** Serves every remote of the sandbox until it is ended, and says where the configuration is that names them. */
import { openRemotes } from '../flows/remotes.ts';

const [orders = '560'] = process.argv.slice(2);
const remotes = await openRemotes({
  seed: 'bench',
  orders: Number(orders),
  edit(configuration) {
    // The remotes answer at once, and limit nothing: what is measured is the worker.
    for (const connection of configuration.connections)
      if (connection.connector === 'shopify') connection.settings['pointsPerSecond'] = 1_000_000;
  },
});
process.send?.({ config: remotes.config });
process.once('disconnect', () => {
  void remotes.close().finally(() => process.exit(0));
});
