import { openApp } from '../../app.ts';
import type { Command } from '../command.ts';
import { narrowLog } from '../narrow-log.ts';
import { onStop } from '../stop-signals.ts';
import { patientRound } from '../patient-round.ts';
import { openProgress, type Progress } from '../progress.ts';
import { roundLines } from '../report.ts';
import { summarize } from '../round-summary.ts';

/** One full round over all connections, and what came of it. */
export const once: Command = {
  name: 'once',
  about:
    'do one full round: pull, plan, and push, confirm, publish and post as the switches say; compare; then print a summary',
  operands: [],
  options: {},
  examples: ['crossdock once', 'crossdock once --config config/sandbox.yaml --json'],
  async run(call) {
    let progress: Progress | null = null;
    const log = narrowLog('error', (line) => (progress ?? { say: call.screen.note }).say(line));
    const app = await openApp({ configFile: call.configFile, log });
    const stop = new AbortController();
    const unlisten = onStop(() => stop.abort(new Error('stopped by a signal')));
    try {
      const worker = await app.startWorker();
      try {
        progress = openProgress(app.tally, call.screen, app.flow.clock);
        const result = await patientRound(app, worker, progress.step, stop.signal);
        progress.stop();
        progress = null;
        const summary = await summarize(app, result);
        call.answer(summary, () => roundLines(summary, app.flow.clock.now()));
        return summary.exit;
      } finally {
        progress?.stop();
        await worker.stop();
      }
    } finally {
      unlisten();
      await app.close();
    }
  },
};
