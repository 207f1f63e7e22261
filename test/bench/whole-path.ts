import { fork } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../../src/app.ts';
import { askStandIns } from '../../src/cli/ask-stand-ins.ts';
import { runRound } from '../../src/flows/round.ts';
import { pathTotals } from '../../src/queries/path-totals.ts';
import { toldDifferences } from '../../src/queries/told-differences.ts';
import { silentLog } from '../../src/system/log.ts';

/**
 * npm run bench:path [-- --orders 1000]: one full round of one worker over the sandbox's six remotes, which answer at
 * once from a process of their own: orders pulled, planned, pushed, shipped, confirmed, published and posted. With
 * `--no-log` no line of the log is kept: what keeping it costs is the difference.
 */
const at = process.argv.indexOf('--orders');
const orders = Number(at < 0 ? 2_000 : process.argv[at + 1]);

interface Part {
  readonly name: string;
  readonly ms: number;
  readonly cpuMs: number;
  readonly trips: number;
}

const host = fork(join(import.meta.dirname, 'remotes-host.ts'), [String(orders)], { execArgv: [] });
const config = await new Promise<string>((resolve, reject) => {
  host.once('message', (message) => {
    if (typeof message === 'object' && message !== null && 'config' in message) resolve(String(message.config));
  });
  host.once('exit', (code) => reject(new Error(`the remotes ended with ${String(code)}`)));
});
try {
  const app = await openApp({ configFile: config, log: silentLog, keepLog: !process.argv.includes('--no-log') });
  const worker = await app.startWorker();
  const parts: Part[] = [];
  let name = '';
  let began = { ms: performance.now(), cpu: process.cpuUsage(), trips: app.store.roundTrips() };
  const next = (step: string): void => {
    const cpu = process.cpuUsage(began.cpu);
    const now = performance.now();
    const trips = app.store.roundTrips();
    if (name !== '')
      parts.push({ name, ms: now - began.ms, cpuMs: (cpu.user + cpu.system) / 1_000, trips: trips - began.trips });
    name = step;
    began = { ms: now, cpu: process.cpuUsage(), trips };
  };
  await runRound(app.flow, worker.enqueue, AbortSignal.timeout(1_800_000), next);
  next('');
  const { path, published } = await pathTotals(app.store);
  const compared = await toldDifferences(app.store, await askStandIns(app.standIns));
  const parked = await app.store.collections.jobs.countDocuments({ state: 'parked' });
  const pulled = app.tally.total('orders_pulled');
  const sum = (field: 'pushed' | 'shipped' | 'confirmed' | 'posted'): number =>
    path.reduce((total, row) => total + row[field], 0);
  const seconds = parts.reduce((total, { ms }) => total + ms, 0) / 1_000;
  const during = (...steps: string[]): number =>
    parts.filter(({ name: step }) => steps.includes(step)).reduce((total, { ms }) => total + ms, 0) / 1_000;
  const told = sum('confirmed');
  const [cpu] = cpus();
  process.stdout.write(
    [
      `Machine  ${cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`,
      `Round    ${seconds.toFixed(1)} s: ${pulled} observations of orders, ${sum('pushed')} pushed, ${sum('shipped')} parcels shipped, ${sum('confirmed')} confirmed,`,
      `         ${published.reduce((total, { levels }) => total + levels, 0)} levels published, ${sum('posted')} documents posted, ${parked} parked`,
      '',
      'step               s   CPU s   trips',
      ...parts.map(
        ({ name: step, ms, cpuMs, trips }) =>
          `${step.padEnd(13)} ${(ms / 1_000).toFixed(2).padStart(6)} ${(cpuMs / 1_000).toFixed(2).padStart(7)} ${String(trips).padStart(7)}`,
      ),
      '',
      `Whole path: ${(told / during('orders', 'shipments')).toFixed(0)} orders/s from the channel's list to its confirmation,`,
      `            ${(told / during('orders', 'shipments', 'confirmed')).toFixed(0)} orders/s with what the channel then says of them read back, ${(pulled / seconds).toFixed(0)} observations/s over the whole round`,
      `Compared with the books of the remotes: ${compared.differences.length} differences in ${compared.requests} requests, ${compared.confirmations} confirmations, ${compared.documents} documents, ${compared.levels} levels`,
      ...compared.differences
        .slice(0, 10)
        .map(({ connection, what, key, says }) => `  ${connection}: ${what} ${key} ${says}`),
      '',
    ].join('\n'),
  );
  await worker.stop();
  await app.close();
} finally {
  host.disconnect();
}
