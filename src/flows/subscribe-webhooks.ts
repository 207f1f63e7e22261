import type { Handler } from '../jobs/handler.ts';
import { each } from './each.ts';
import { connectionOf, type Flow } from './flow.ts';
import { KIND } from './wanted.ts';

/** Makes a remote's webhook subscriptions what they should be. A remote may drop them after failed deliveries, so it is repeated. */
export function subscribeWebhooks(flow: Flow): Handler {
  return {
    kind: KIND.subscribeWebhooks,
    batch: 4,
    concurrency: 1,
    requestMs: 0,
    run: (jobs, context) =>
      each(jobs, async (job) => {
        const { id, capabilities } = connectionOf(flow, job.connection);
        if (flow.publicUrl === null) return;
        await capabilities.webhooks?.subscribe?.(
          `${flow.publicUrl}/webhooks/${encodeURIComponent(id)}`,
          context.signal,
        );
      }),
  };
}
