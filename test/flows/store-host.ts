/** A process that only opens an embedded store, for a test that wants to look into it: `store-host.ts <file>` prints its address. */
import { openEmbedded } from '../../src/store/embedded/index.ts';

const [file = ''] = process.argv.slice(2);
const embedded = await openEmbedded({ file });
const alive = setInterval(() => undefined, 60_000);
process.once('SIGTERM', () => {
  clearInterval(alive);
  void embedded.close().then(() => process.exit(0));
});
process.stdout.write(`${embedded.uri}\n`);
