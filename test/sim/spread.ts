import { spawn } from 'node:child_process';
import { join } from 'node:path';

const MOST = 250;

/** Runs seeds in processes beside each other, a few at a time: each says what it finds. @returns whether all hold */
export async function spreadSeeds(first: number, count: number, processes: number): Promise<boolean> {
  // A process takes a second to start: no more of them than it takes to keep all busy to the end.
  const size = Math.min(MOST, Math.ceil(count / processes));
  const chunks: { readonly from: number; readonly seeds: number }[] = [];
  for (let from = first; from < first + count; from += size)
    chunks.push({ from, seeds: Math.min(size, first + count - from) });
  let holds = true;
  const line = async (): Promise<void> => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift())
      if (!(await runChunk(chunk.from, chunk.seeds))) holds = false;
  };
  await Promise.all(Array.from({ length: processes }, line));
  return holds;
}

function runChunk(from: number, seeds: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'main.ts'), '--from', String(from), '--seeds', String(seeds)],
    { stdio: 'inherit' },
  );
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      resolve(code === 0);
    });
  });
}
