import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * npm run bench [-- --orders 1000,10000,50000]: what one worker does on the embedded store with a full sync, from raw
 * orders to reserved stock, beside a plain bulk insert of the same orders in the same run.
 */
const here = import.meta.dirname;
const root = join(here, '../..');
const sizes = (
  process.argv.includes('--orders') ? (process.argv[process.argv.indexOf('--orders') + 1] ?? '') : '1000,10000,50000'
)
  .split(',')
  .map(Number);
const run = promisify(execFile);
/** As `npm start` runs it. */
const NODE_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=120'];
const env = { ...process.env, MALLOC_ARENA_MAX: '1' };

interface Insert {
  readonly perSecond: number;
  readonly cpuMsPerOrder: number;
}
interface Path {
  readonly orders: number;
  readonly ordersPerSecond: number;
  readonly cpuMsPerOrder: number;
  readonly tripsPerOrder: number;
  readonly rssMb: number;
  readonly parked: number;
  readonly stages: Readonly<Record<string, number>>;
  readonly windows: readonly { orders: number; ms: number; cpu: number; trips: number }[];
}

async function part<T>(name: string, ...args: string[]): Promise<T> {
  const { stdout } = await run(process.execPath, [...NODE_FLAGS, join(here, name), ...args], {
    env,
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
}

function table(rows: readonly (readonly (string | number)[])[]): string {
  const text = rows.map((row) => row.map(String));
  const widths = text[0]?.map((_, column) => Math.max(...text.map((row) => row[column]?.length ?? 0))) ?? [];
  return text.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')).join('\n');
}

/** From the start of the process to the first 200 of /readyz, on the sandbox with an empty store. */
async function startToReady(folder: string): Promise<number> {
  const config = join(folder, 'config.yaml');
  const { readFileSync } = await import('node:fs');
  const sandbox = readFileSync(join(root, 'config/sandbox.yaml'), 'utf8')
    .replaceAll('../mappings', join(root, 'mappings'))
    .replace('data/sandbox.db', join(folder, 'start.db'));
  const port = 20_000 + (process.pid % 20_000);
  writeFileSync(config, sandbox.replace(/^web:$/m, `web:\n  port: ${port}`));
  const at = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, join(root, 'src/main.ts'), '--config', config], {
    stdio: 'ignore',
    env,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode} before it was ready`);
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
      if (answer?.status === 200) return performance.now() - at;
      if (performance.now() - at > 60_000) throw new Error('the worker was not ready within a minute');
      await wait(20);
    }
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'crossdock-bench-'));
try {
  const [cpu] = cpus();
  process.stdout.write(
    [
      `Machine  ${platform()}/${arch()}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`,
      'Method   raw orders as a Shopify connection stores them → stored, normalized, allocated; one worker process, embedded store, full sync.',
      '         CPU is of the whole worker process, its store threads included. Trips are commands to the store.',
      '         Insert = the same orders as documents in plain bulk inserts of 1,000, same store, same run.',
      '',
      '',
    ].join('\n'),
  );
  const rows: (string | number)[][] = [
    [
      'orders',
      'raw KB',
      'orders/s',
      'CPU ms/order',
      'trips/order',
      'peak RSS MB',
      'insert/s',
      'insert CPU ms',
      'ratio (CPU)',
      'ratio (time)',
    ],
  ];
  let largest: Path | null = null;
  for (const size of sizes) {
    const file = join(folder, `${size}.jsonl`);
    const made = await part<{ meanBytes: number }>('raw-file.ts', file, String(size));
    const insert = await part<Insert>('insert.ts', file);
    const path = await part<Path>('path.ts', file, String(Math.max(250, Math.floor(size / 10))));
    rmSync(file);
    largest = path;
    rows.push([
      size,
      (made.meanBytes / 1_024).toFixed(1),
      path.ordersPerSecond,
      path.cpuMsPerOrder.toFixed(2),
      path.tripsPerOrder.toFixed(3),
      path.rssMb,
      insert.perSecond,
      insert.cpuMsPerOrder.toFixed(2),
      (path.cpuMsPerOrder / insert.cpuMsPerOrder).toFixed(1),
      (insert.perSecond / path.ordersPerSecond).toFixed(1),
    ]);
    process.stderr.write(`${size} orders done: ${JSON.stringify(path.stages)}, ${path.parked} parked\n`);
  }
  process.stdout.write(`${table(rows)}\n\n`);
  if (largest !== null) {
    process.stdout.write('Over the largest run (each row is a tenth of it):\n');
    process.stdout.write(
      `${table([
        ['after', 'orders/s', 'CPU ms/order', 'trips/order'],
        ...largest.windows.map(({ orders, ms, cpu: used, trips }) => [
          orders,
          Math.round(1_000 / ms),
          used.toFixed(2),
          trips.toFixed(3),
        ]),
      ])}\n\n`,
    );
  }
  const ready = await startToReady(folder);
  process.stdout.write(
    `Start to ready: ${(ready / 1_000).toFixed(2)} s (sandbox, empty store, stand-ins started along)\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
