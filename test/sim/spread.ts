import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** No more seeds than this in one process: the others must not wait for the last. */
const MOST = 250;

/** Runs seeds in processes beside each other: each says what it finds. @returns whether all hold */
export function spreadSeeds(
  first: number,
  count: number,
  processes: number,
  more: readonly string[],
): Promise<boolean> {
  // A process takes a second to start: no more of them than it takes to keep all busy to the end.
  const size = Math.min(MOST, Math.ceil(count / processes));
  const runs: string[][] = [];
  for (let from = first; from < first + count; from += size)
    runs.push(['--from', String(from), '--seeds', String(Math.min(size, first + count - from)), ...more]);
  return spread(runs, processes);
}

/** Looks for planted mistakes in processes beside each other. @returns whether all are found */
export function spreadPlanted(names: readonly string[], processes: number): Promise<boolean> {
  return spread(
    names.map((name) => ['--mistake', name]),
    processes,
  );
}

async function spread(runs: readonly (readonly string[])[], processes: number): Promise<boolean> {
  const left = [...runs];
  let holds = true;
  const line = async (): Promise<void> => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) if (!(await runOne(run))) holds = false;
  };
  await Promise.all(Array.from({ length: processes }, line));
  return holds;
}

function runOne(run: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...run], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      resolve(code === 0);
    });
  });
}
