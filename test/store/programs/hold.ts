/** Opens the store of argv[2], tells its role, and holds it until it is killed. */
import { openEmbedded } from '../../../src/store/embedded/index.ts';

const store = await openEmbedded({ file: process.argv[2] ?? '', onExit: () => undefined });
process.stdout.write(`${store.role}\n`);
setInterval(() => undefined, 1000);
