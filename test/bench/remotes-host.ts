/** Serves every remote of the sandbox until it is ended, and says where the configuration is that names them. */
import { openRemotes } from '../flows/remotes.ts';

const [orders = '560'] = process.argv.slice(2);
const remotes = await openRemotes({
  seed: 'bench',
  orders: Number(orders),
  edit(configuration) {
    // What a shop of this size has; the stand-ins themselves answer at once.
    for (const connection of configuration.connections)
      if (connection.connector === 'shopify') connection.settings['plan'] = 'enterprise';
  },
});
process.send?.({ config: remotes.config });
process.once('disconnect', () => {
  void remotes.close().finally(() => process.exit(0));
});
