/** Kills a process that writes to a store, and checks what the store then holds against what had been acknowledged. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Engine } from '../../src/store/embedded/index.ts';

const PROGRAM = new URL('./programs/write-load.ts', import.meta.url).pathname;

export interface Acknowledged {
  readonly inserts: Set<string>;
  readonly counters: Map<string, number>;
}

/** Lets the program write for `ms` after its first acknowledged write, then kills it with SIGKILL. */
export async function killedAfter(file: string, run: number, ms: number, acknowledged: Acknowledged): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, file, String(run)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  let count = 0;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [what, id = '', value] = line.split(' ');
    if (what === 'role') return;
    // The last line may be cut off by the kill; a whole one ends in the number of its caller's turn.
    if (what === 'insert') acknowledged.inserts.add(id);
    if (what === 'add') acknowledged.counters.set(id, Number(value));
    if (count++ === 0) setTimeout(() => child.kill('SIGKILL'), ms);
  });
  const drained = new Promise((resolve) => lines.once('close', resolve));
  await new Promise((resolve) => child.once('exit', resolve));
  await drained;
  if (count === 0) throw new Error(`the program wrote nothing: ${errors}`);
  return count;
}

export interface Findings {
  readonly lost: string[];
  readonly half: string[];
  readonly integrity: string;
}

/** Opens the file as the next server would, and compares. */
export function findingsIn(file: string, acknowledged: Acknowledged, integrity: (file: string) => string): Findings {
  const engine = new Engine({ file, now: () => 0 });
  const lost: string[] = [];
  const half: string[] = [];
  const read = (name: string, each: (doc: Record<string, unknown>) => void): void => {
    const reply = engine.runDocument('crossdock', { find: name, batchSize: 10_000_000, singleBatch: true });
    for (const doc of reply['cursor'].firstBatch) each(doc as Record<string, unknown>);
  };
  const there = new Set<string>();
  read('docs', ({ _id, n, twice, filler, parts }) => {
    there.add(String(_id));
    const whole =
      typeof n === 'number' &&
      twice === n * 2 &&
      filler === String(n % 10).repeat(3000 + (n % 4000)) &&
      JSON.stringify(parts) === JSON.stringify([n, n + 1]);
    if (!whole) half.push(String(_id));
  });
  for (const id of acknowledged.inserts) if (!there.has(id)) lost.push(id);
  const counted = new Map<string, number>();
  read('counters', ({ _id, n, log }) => {
    counted.set(String(_id), Number(n));
    const expected = Array.from({ length: Number(n) }, (_, i) => i);
    if (JSON.stringify(log) !== JSON.stringify(expected)) half.push(`counter ${String(_id)}`);
  });
  for (const [id, n] of acknowledged.counters) {
    const found = counted.get(id) ?? 0;
    // One more than acknowledged is a write whose reply the kill took.
    if (found < n || found > n + 1) lost.push(`counter ${id}: ${found} of ${n}`);
  }
  engine.close();
  return { lost, half, integrity: integrity(file) };
}
