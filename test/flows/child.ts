/** A worker process for tests: `child.ts <config> once` runs one round and ends, `child.ts <config> work` runs until it is ended. */
import { asSyncError } from '../../src/domain/errors.ts';
import { openApp } from '../../src/app.ts';
import { runRound } from '../../src/flows/round.ts';

const [config = '', mode = 'once'] = process.argv.slice(2);

/** Lines on standard output tell the test where this process is; the log goes to standard error. */
function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const app = await openApp({ configFile: config });
  tell('open');
  const worker = await app.startWorker();
  tell('working');
  process.once('SIGTERM', () => {
    void worker
      .stop()
      .then(() => app.close())
      .then(() => process.exit(0));
  });
  if (mode === 'once') {
    await runRound(app.flow, worker.enqueue, AbortSignal.timeout(60_000), (step) => tell(`step ${step}`));
    await worker.stop();
    await app.close();
    tell('done');
    process.exit(0);
  }
} catch (thrown) {
  const error = asSyncError(thrown);
  tell(`failed ${error.fault}: ${error.message}`);
  process.stderr.write(`${error.message}\n${error.remedy}\n`);
  process.exit(1);
}
