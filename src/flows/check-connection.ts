import { asSyncError } from '../domain/errors.ts';
import { parkCause } from '../jobs/ending.ts';
import type { Handler } from '../jobs/handler.ts';
import { connectionOf, type Flow } from './flow.ts';
import { each } from './each.ts';
import { KIND } from './wanted.ts';

/** Asks a paused connection whether its fault is mended, and lets it go on by itself when it is. */
export function checkConnection(flow: Flow): Handler {
  return {
    kind: KIND.checkConnection,
    batch: 4,
    concurrency: 1,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const { connections } = flow.store;
        const connection = connectionOf(flow, job.subject);
        const paused = await connections.paused();
        if (!paused.some(({ _id }) => _id === connection.id)) return;
        try {
          await connection.capabilities.check(context.signal);
        } catch (thrown) {
          const error = asSyncError(thrown);
          if (error.fault === 'config') await connections.pause(connection.id, parkCause(error, flow.clock.now()));
          return;
        }
        if (await connections.resume(connection.id))
          context.log.info('Connection goes on.', { connection: connection.id });
      }),
  };
}
