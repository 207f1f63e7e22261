import { listBatches } from '../../queries/books.ts';
import type { BatchState } from '../../store/ledger-documents.ts';
import { askedConnection } from '../asked-connection.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { figure, table } from '../table.ts';
import { withStore } from '../with-store.ts';

const STATES: readonly BatchState[] = ['claiming', 'ready', 'posted', 'shadow', 'agreed', 'differs', 'dissolved'];

/** The documents that were made for ERPs. */
export const booksList: Command = {
  name: 'books list',
  about: 'list the documents posted to ERPs: day, currency, amount, and whether they stand there as posted',
  operands: [],
  options: {
    connection: { value: 'ID', about: 'only of this channel' },
    state: { value: 'STATE', about: `one of ${STATES.join(', ')}` },
    from: { value: 'DATE', about: 'from this business day on (YYYY-MM-DD)' },
    limit: { value: 'N', about: 'at most so many (default: 100)' },
  },
  examples: ['crossdock books list --state differs', 'crossdock books list --connection harbour-us --json'],
  async run(call) {
    const text = call.text('state');
    const state = STATES.find((known) => known === text);
    if (text !== undefined && state === undefined)
      throw new UsageError(`--state is "${text}": expected one of ${STATES.join(', ')}`);
    const from = call.text('from');
    const limit = call.count('limit', 100);
    return withStore(call, async (app) => {
      const rows = await listBatches(app.store, {
        ...(await askedConnection(call, app)),
        ...(state === undefined ? {} : { state }),
        ...(from === undefined ? {} : { from }),
        limit,
      });
      call.answer(rows, () =>
        rows.length === 0
          ? ['No such document.']
          : table(
              [
                { title: 'day' },
                { title: 'channel' },
                { title: 'amount', right: true },
                { title: '' },
                { title: 'entries', right: true },
                { title: 'state' },
                { title: 'ERP id' },
                { title: 'left out', right: true },
                { title: 'key' },
              ],
              rows.map((row) => [
                row.date,
                row.connection,
                row.amount,
                row.currency,
                figure(row.entries),
                row.differences > 0 ? `${row.state} (${row.differences})` : row.state,
                row.externalId ?? '',
                figure(row.left + row.unmapped),
                row.key,
              ]),
            ),
      );
      return EXIT.ok;
    });
  },
};
