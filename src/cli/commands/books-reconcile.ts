import { wantReconcileBatch } from '../../flows/wanted.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { withStore } from '../with-store.ts';

/** Enough for some years of days, channels and currencies. */
const MOST = 100_000;
const READABLE: ReadonlySet<string> = new Set(['posted', 'agreed', 'differs']);

/** Reads documents back from the ERP now, not only in the night. */
export const booksReconcile: Command = {
  name: 'books reconcile',
  about: 'read posted documents back from the ERP and compare them: name their keys, or --from a business day',
  operands: ['[<key>…]'],
  options: { from: { value: 'DATE', about: 'every document from this business day on (YYYY-MM-DD)' } },
  examples: [
    'crossdock books reconcile --from 2026-11-01',
    'crossdock books reconcile post:harbour-inc:harbour-us:USD:day:2026-11-20:1:1',
  ],
  async run(call) {
    const from = call.text('from');
    if ((from === undefined) === (call.operands.length === 0))
      throw new UsageError('crossdock books reconcile: expected either keys, or --from YYYY-MM-DD');
    if (from !== undefined && !/^\d{4}-\d\d-\d\d$/.test(from))
      throw new UsageError(`--from is "${from}": expected a day, for example --from 2026-11-01`);
    return withStore(call, async ({ store, flow }) => {
      const found =
        from === undefined
          ? (await Promise.all(call.operands.map((key) => store.batches.get(key)))).flatMap((batch) => batch ?? [])
          : await store.batches.list({ from, limit: MOST });
      const readable = found.filter(({ state }) => READABLE.has(state));
      await store.jobs.enqueue(
        readable.map(({ ledger, _id }) => wantReconcileBatch(ledger, _id)),
        flow.clock.now(),
      );
      const workers = (await store.workers.alive(store.clock.now())).length;
      call.answer({ wanted: readable.map(({ _id }) => _id), workers }, () => [
        `${readable.length} ${readable.length === 1 ? 'document is' : 'documents are'} read back${workers > 0 || readable.length === 0 ? '' : ' when a worker is started: crossdock start, or crossdock once'}. Then: crossdock books list --state differs`,
      ]);
      if (readable.length > 0) return EXIT.ok;
      call.screen.note('No posted document of that name or time. See: crossdock books list');
      return EXIT.refused;
    });
  },
};
