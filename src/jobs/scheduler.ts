import cron from 'node-cron';
import { asSyncError } from '../domain/errors.ts';
import type { Log } from '../domain/ports.ts';
import type { Wanted } from '../store/job-records.ts';

export interface ScheduleEntry {
  readonly name: string;
  /** A cron expression of five or six fields. */
  readonly cron: string;
  readonly zone: string;
  readonly wanted: () => readonly Wanted[];
}

/**
 * Enqueues on a schedule, and does nothing else: whichever worker is free runs the work. Every worker has this
 * schedule; the keys are the same, so the ticks of several workers become one job.
 */
export function startScheduler(
  entries: readonly ScheduleEntry[],
  enqueue: (wanted: readonly Wanted[]) => Promise<void>,
  log: Log,
): { stop(): Promise<void> } {
  const tasks = entries.map((entry) =>
    cron.schedule(
      entry.cron,
      async () => {
        try {
          await enqueue(entry.wanted());
        } catch (thrown) {
          log.error('A scheduled job could not be enqueued. The next tick tries again.', {
            schedule: entry.name,
            reason: asSyncError(thrown).message,
          });
        }
      },
      { timezone: entry.zone, name: entry.name, noOverlap: true },
    ),
  );
  return {
    async stop() {
      for (const task of tasks) await task.destroy();
    },
  };
}
