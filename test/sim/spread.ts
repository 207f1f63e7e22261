import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** So many seeds are handed to a process at a time: none must wait long for the last, and few ask often. */
const AT_A_TIME = 4;
/** What a process says that has run all the seeds that it was handed. */
const MORE = 'more';

/** Runs seeds in processes beside each other, which take them as they get on. @returns whether all hold */
export async function spreadSeeds(
  first: number,
  count: number,
  processes: number,
  more: readonly string[],
): Promise<boolean> {
  let next = first;
  const feed = (child: ChildProcess): void => {
    child.on('message', () => {
      const seeds = Array.from({ length: Math.min(AT_A_TIME, first + count - next) }, (_, index) => next + index);
      next += seeds.length;
      child.send(seeds);
    });
  };
  const needed = Math.min(processes, Math.ceil(count / AT_A_TIME));
  const held = await Promise.all(Array.from({ length: needed }, () => runOne(['--fed', ...more], feed)));
  return held.every(Boolean);
}

/** The seeds that the process which started this one hands out, until there are no more. */
export async function* fedSeeds(): AsyncIterable<number> {
  for (;;) {
    process.send?.(MORE);
    const [seeds] = await once(process, 'message');
    if (!Array.isArray(seeds) || seeds.length === 0) break;
    for (const seed of seeds) yield Number(seed);
  }
  process.disconnect();
}

/** Looks for planted mistakes in processes beside each other. @returns whether all are found */
export async function spreadPlanted(names: readonly string[], processes: number): Promise<boolean> {
  const left = [...names];
  let holds = true;
  const line = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift())
      if (!(await runOne(['--mistake', name]))) holds = false;
  };
  await Promise.all(Array.from({ length: processes }, line));
  return holds;
}

/** With what node was told on this process's own command line. */
function runOne(run: readonly string[], each: (child: ChildProcess) => void = () => undefined): Promise<boolean> {
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'main.ts'), ...run], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  each(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      resolve(code === 0);
    });
  });
}
