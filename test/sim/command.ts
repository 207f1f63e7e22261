import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findPlanted } from './find-planted.ts';
import { minimised } from './minimise.ts';
import { PLANTED } from './planted.ts';
import { runSeed } from './run.ts';
import { fedSeeds, spreadPlanted, spreadSeeds } from './spread.ts';
import { tellStory } from './story.ts';

const MOST_SEEDS = 500;
/** To find the fewest faults takes many runs: of the seeds that break something, so many are told with their story. */
const MOST_TOLD = 3;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    processes: { type: 'string', default: '1' },
    planted: { type: 'boolean', default: false },
    mistake: { type: 'string' },
    twice: { type: 'boolean', default: false },
    lines: { type: 'boolean', default: false },
    fed: { type: 'boolean', default: false },
  },
});

function say(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** Runs seeds one after the other; each that breaks something is told with the fewest faults that break it. */
async function runSeeds(seeds: AsyncIterable<number> | Iterable<number>): Promise<boolean> {
  const begun = performance.now();
  const totals = new Map<string, number>();
  let count = 0;
  let failed = 0;
  for await (const seed of seeds) {
    count += 1;
    // A seed never lets the event loop turn: what node frees only there is freed between seeds.
    await setImmediate();
    const outcome = await runSeed(seed, { keepsLines: values.lines });
    if (values.lines) say(...outcome.lines);
    for (const [name, amount] of Object.entries(outcome.seen)) totals.set(name, (totals.get(name) ?? 0) + amount);
    let wrong = outcome.violations.length > 0;
    if (wrong && failed < MOST_TOLD) say(...tellStory(await minimised(outcome)));
    else if (wrong) say(`seed ${seed} breaks: ${outcome.violations.join(' | ').slice(0, 200)}`);
    if (values.twice) {
      const again = await runSeed(seed);
      if (again.trace !== outcome.trace) say(`seed ${seed} did not run the same way twice`);
      wrong ||= again.trace !== outcome.trace;
    }
    if (wrong) failed += 1;
  }
  const seconds = (performance.now() - begun) / 1_000;
  say(
    `${count} seeds, ${failed} broke something; ${(count / seconds).toFixed(1)} seeds/s`,
    [...totals].map(([name, amount]) => `${amount} ${name}`).join(', '),
  );
  return failed === 0;
}

function* range(first: number, count: number): Iterable<number> {
  for (let seed = first; seed < first + count; seed += 1) yield seed;
}

/** Puts in mistakes, one after the other, and shows the seed that finds each. @returns whether all are found */
async function runPlanted(names: readonly string[]): Promise<boolean> {
  let all = true;
  for (const name of names) {
    const plant = PLANTED[name];
    if (plant === undefined) throw new Error(`there is no such mistake: ${name}`);
    const found = await findPlanted(plant, MOST_SEEDS);
    all &&= found.seed !== null;
    const by =
      found.seed === null ? `not in ${found.tried} seeds` : `seed ${found.seed}: ${found.violation.slice(0, 110)}`;
    say(`${name.padEnd(70)} ${by}`);
  }
  return all;
}

/** What was asked for on the command line. @returns whether all of it holds */
async function run(): Promise<boolean> {
  const processes = Number(values.processes);
  if (values.mistake !== undefined) return runPlanted([values.mistake]);
  if (values.planted)
    return processes === 1 ? runPlanted(Object.keys(PLANTED)) : spreadPlanted(Object.keys(PLANTED), processes);
  if (values.fed) return runSeeds(fedSeeds());
  if (values.seed !== undefined) return runSeeds([Number(values.seed)]);
  const [first, count] = [Number(values.from), Number(values.seeds)];
  if (processes === 1) return runSeeds(range(first, count));
  const begun = performance.now();
  const all = await spreadSeeds(first, count, processes, values.twice ? ['--twice'] : []);
  const seconds = (performance.now() - begun) / 1_000;
  say(`in all ${count} seeds, ${all ? 'none' : 'some'} broke something; ${(count / seconds).toFixed(1)} seeds/s`);
  return all;
}

process.exitCode = (await run()) ? 0 : 1;
