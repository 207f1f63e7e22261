import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { standIns } from '../connectors/index.ts';
import { offerStandIns } from './sandbox-lifeline.ts';
import { systemClock } from './system/clock.ts';

/**
 * The process in which the sandbox's stand-ins live: started by the app with one message that says which, says when they
 * are ready, and ends with the last process that holds them.
 */
const SEED = 'harbour';
const DAY_MS = 86_400_000;

const startMessage = z.object({
  today: z.int(),
  folder: z.string(),
  connections: z.array(z.object({ id: z.string(), connector: z.string(), input: z.record(z.string(), z.unknown()) })),
});

/** The present in which this sandbox's business was made: the same at every start, so that its orders stay what they were. */
function presentOf(folder: string, today: number): number {
  const file = join(folder, 'today');
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(file, String(today - (today % DAY_MS)), { flag: 'wx' });
  } catch (thrown) {
    if (!(typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  }
  return Number(readFileSync(file, 'utf8'));
}

process.once('message', (message) => {
  void (async () => {
    const { today, folder, connections } = startMessage.parse(message);
    const present = presentOf(folder, today);
    const started = await Promise.all(
      connections.map(async ({ id, connector, input }) => {
        const start = standIns[connector];
        if (start === undefined) throw new Error(`The connector ${connector} of ${id} has no stand-in.`);
        const standIn = await start({
          connection: id,
          input,
          seed: SEED,
          today: present,
          clock: systemClock,
          snapshot: join(folder, `${id}.json`),
        });
        return { id, standIn };
      }),
    );
    const addresses = Object.fromEntries(started.map(({ id, standIn }) => [id, standIn.url]));
    await offerStandIns(folder, addresses, systemClock, () => {
      void Promise.all(started.map(({ standIn }) => standIn.close())).finally(() => process.exit(0));
    });
    process.send?.('ready');
  })().catch((thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
    process.exit(1);
  });
});
// Whoever started it listens only until they are ready.
process.stderr.on('error', () => undefined);
