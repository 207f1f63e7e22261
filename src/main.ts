import { finish } from './cli/finish.ts';
import { runCli } from './cli/run-cli.ts';
import { openScreen } from './cli/screen.ts';

/** `npm start`: runs until it is stopped; with `--once`, one round. */
const args = process.argv.slice(2);
const command = args.includes('--once') ? 'once' : 'start';
finish(await runCli([command, ...args.filter((arg) => arg !== '--once')], openScreen()));
