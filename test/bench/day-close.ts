import { openApp } from '../../src/app.ts';
import { businessDate, dayWindow } from '../../src/domain/time.ts';
import { runRound } from '../../src/flows/round.ts';
import { systemClock } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { openRemotes } from '../flows/remotes.ts';

/**
 * npm run bench:day-close: how long after a business day has ended its facts stand in a posted document, with the product's
 * own schedule and a real clock. The channels are given the time zone whose midnight comes next, at most an hour away.
 */
const AHEAD_MS = 90_000;
const PATIENCE_MS = 300_000;

const now = systemClock.now();
const [next] = Intl.supportedValuesOf('timeZone')
  .map((zone) => ({ zone, ends: dayWindow(businessDate(now, zone), zone).to }))
  .filter(({ ends }) => ends - now > AHEAD_MS)
  .sort((a, b) => a.ends - b.ends);
if (next === undefined) throw new Error('there is no time zone');
const { zone, ends } = next;
const date = businessDate(now, zone);

const remotes = await openRemotes({
  seed: 'day-close',
  orders: 120,
  edit: ({ connections }) => {
    for (const connection of connections) connection['zone'] = zone;
  },
});
try {
  const app = await openApp({ configFile: remotes.config, log: silentLog });
  const worker = await app.startWorker();
  await runRound(app.flow, worker.enqueue, AbortSignal.timeout(60_000));
  const schedule = app.startScheduler(worker);
  // New orders come in until the last moment, as they do.
  const until = ends + PATIENCE_MS;
  process.stdout.write(`${zone}: ${date} ends in ${Math.round((ends - systemClock.now()) / 1_000)} s\n`);
  while (systemClock.now() < ends - 30_000) await systemClock.sleep(1_000);
  for (const id of ['harbour-us', 'harbour-eu'])
    await remotes.tell(id, 'do/tick', { orders: 5, changes: 5, counts: 0 });
  const channels = [...app.flow.connections.values()].filter(({ books }) => books !== null);
  const left = new Set(channels.map(({ id }) => id));
  while (left.size > 0 && systemClock.now() < until) {
    await systemClock.sleep(100);
    for (const id of left) {
      const batches = await app.store.batches.list({ connection: id, from: date, limit: 100 });
      const posted = batches.flatMap((batch) => (batch.date === date ? (batch.postedAt?.getTime() ?? []) : []));
      const open = await app.store.collections.facts.countDocuments({ connection: id, date, open: true });
      if (posted.length === 0 || open > 0) continue;
      const entries = await app.store.collections.facts.countDocuments({ connection: id, date, batch: { $ne: null } });
      const late = Math.max(...posted) - ends;
      process.stdout.write(
        `${id}: the ${entries} entries of ${date} were posted ${(late / 1_000).toFixed(1)} s after its end\n`,
      );
      left.delete(id);
    }
  }
  for (const id of left)
    process.stdout.write(`${id}: ${date} was not posted within ${PATIENCE_MS / 1_000} s of its end\n`);
  process.exitCode = left.size > 0 ? 1 : 0;
  await schedule.stop();
  await worker.stop();
  await app.close();
} finally {
  await remotes.close();
}
process.exit();
