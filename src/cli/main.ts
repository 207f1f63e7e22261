import { finish } from './finish.ts';
import { runCli } from './run-cli.ts';
import { openScreen } from './screen.ts';

finish(await runCli(process.argv.slice(2), openScreen()));
