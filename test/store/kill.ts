/** Kills a process that writes to a store, and checks what the store then holds against what had been acknowledged. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Engine } from '../../src/store/embedded/index.ts';

const PROGRAM = new URL('./programs/write-load.ts', import.meta.url).pathname;

export interface Acknowledged {
  readonly inserts: Set<string>;
  readonly counters: Map<string, number>;
}

export interface Writing {
  /** Whether it serves the file, as far as it has told. */
  serves(): boolean;
  /** Ends it with SIGKILL; resolves when everything that it told has been read. */
  kill(): Promise<void>;
}

/** Starts the writing program; resolves after its first acknowledged write. */
export async function startWriting(file: string, run: number, acknowledged: Acknowledged): Promise<Writing> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, file, String(run)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  let role = '';
  const started = new Promise<boolean>((resolve) => {
    lines.on('line', (line) => {
      const [what, id = '', value = ''] = line.split(' ');
      if (what === 'role') role = id;
      if (what === 'insert') acknowledged.inserts.add(id);
      if (what === 'add') acknowledged.counters.set(id, Number(value));
      if (what !== 'role') resolve(true);
    });
    child.once('exit', () => {
      resolve(false);
    });
  });
  const drained = new Promise((resolve) => lines.once('close', resolve));
  if (!(await started)) throw new Error(`the program wrote nothing: ${errors}`);
  return {
    serves: () => role === 'server',
    async kill() {
      child.kill('SIGKILL');
      await drained;
    },
  };
}

/** Lets the program write for `ms` after its first acknowledged write, then kills it. */
export async function killedAfter(file: string, run: number, ms: number, acknowledged: Acknowledged): Promise<void> {
  const writing = await startWriting(file, run, acknowledged);
  await new Promise((resolve) => setTimeout(resolve, ms));
  await writing.kill();
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
    // A reply holds 16 MB at the most, and a quiet machine writes more than that: read in parts, in order of `_id`.
    for (let last = ''; ;) {
      const filter = { _id: { $gt: last } };
      const { cursor } = engine.runDocument('crossdock', {
        find: name,
        filter,
        sort: { _id: 1 },
        limit: 1_000,
        batchSize: 1_000,
      });
      const docs: Record<string, unknown>[] = cursor.firstBatch;
      for (const doc of docs) each(doc);
      if (docs.length < 1_000) return;
      last = String(docs.at(-1)?.['_id']);
    }
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
