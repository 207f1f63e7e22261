import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PLANTED } from './planted.ts';
import { killAll } from './processes.ts';
import { reportOf } from './report.ts';
import { runChaos } from './run.ts';
import { drawTimeline } from './timeline.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: 'chaos-1' },
    workers: { type: 'string', default: '3' },
    orders: { type: 'string', default: '560' },
    rate: { type: 'string', default: '2.5' },
    out: { type: 'string' },
    planted: { type: 'string' },
    calm: { type: 'boolean', default: false },
  },
});

function say(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

/** A number above nothing from the command line. @throws RangeError that says which option is none */
function numberOf(name: 'minutes' | 'workers' | 'orders' | 'rate'): number {
  const number = Number(values[name]);
  if (!Number.isFinite(number) || number <= 0)
    throw new RangeError(`--${name} ${values[name]} is not a number above 0`);
  return number;
}

/** Runs it, writes what came of it, and tells it. @returns the exit code */
async function run(): Promise<number> {
  const { seed, calm } = values;
  const planted = values.planted === undefined ? null : PLANTED.find((one) => one === values.planted);
  if (planted === undefined) throw new RangeError(`--planted is one of ${PLANTED.join(', ')}`);
  const out = resolve(values.out ?? join('data/chaos', seed.replaceAll(/[^\w-]/g, '_')));
  mkdirSync(out, { recursive: true });
  const outcome = await runChaos({
    seed,
    forMs: Math.round(numberOf('minutes') * 60_000),
    workers: numberOf('workers'),
    orders: numberOf('orders'),
    ordersPerSecond: numberOf('rate'),
    planted,
    calm,
    logs: out,
    say,
  });
  const { stories, verdict } = outcome;
  writeFileSync(join(out, 'timeline.svg'), drawTimeline(outcome));
  writeFileSync(join(out, 'report.md'), reportOf(outcome));
  if (stories.length > 0) writeFileSync(join(out, 'stories.txt'), `${stories.join('\n\n')}\n`);
  writeFileSync(join(out, 'record.json'), JSON.stringify({ ...outcome, verdict: { ...verdict, parked: [...verdict.parked] } }, null, 1)); // prettier-ignore
  for (const fault of verdict.faults) say(`FAULT ${fault}`);
  for (const story of stories) process.stdout.write(`\n${story}\n`);
  process.stdout.write(`\n${reportOf(outcome)}\n`);
  say(`written to ${out}`);
  return verdict.faults.length === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
try {
  process.exitCode = await run();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  process.exitCode = 2;
} finally {
  killAll();
}
