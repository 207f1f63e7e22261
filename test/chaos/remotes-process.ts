/** Serves every remote of the sandbox's business until it is ended: `remotes-process.ts <seed> <orders>` prints one line of JSON. */
import { openRemotes } from '../flows/remotes.ts';

const [seed = '', orders = '560'] = process.argv.slice(2);
const remotes = await openRemotes({
  seed,
  orders: Number(orders),
  // The runner says when, so that work stands at the warehouses that can still be taken back.
  ships: 'when told',
  edit(configuration) {
    // What a shop limits is another test's: here the time goes into what goes wrong.
    for (const { connector, settings } of configuration.connections)
      if (connector === 'shopify') settings['pointsPerSecond'] = 1_000_000;
  },
});
process.once('SIGTERM', () => {
  void remotes.close().finally(() => process.exit(0));
});
process.stdout.write(
  `${JSON.stringify({
    folder: remotes.folder,
    config: remotes.config,
    storeFile: remotes.storeFile,
    addresses: Object.fromEntries(remotes.ids.map((id) => [id, remotes.address(id)])),
  })}\n`,
);
