import { SyncError } from '../../domain/errors.ts';
import { showBatch } from '../../queries/books.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { table, under } from '../table.ts';
import { withStore } from '../with-store.ts';

const ORDERS_SHOWN = 6;

/** One document, line by line, with the orders behind each line. */
export const booksShow: Command = {
  name: 'books show',
  about: 'show one posted document: its lines, the orders behind each, and how it differs in the ERP',
  operands: ['<key>'],
  options: {},
  examples: ['crossdock books show post:harbour-inc:harbour-us:USD:day:2026-11-20:1:1'],
  async run(call) {
    const [key = ''] = call.operands;
    return withStore(call, async ({ store }) => {
      const batch = await showBatch(store, key);
      if (batch === null)
        throw new SyncError('data', `There is no document ${key}.`, {
          code: 'no-such-document',
          remedy: 'See: crossdock books list',
        });
      call.answer(batch, () => [
        `${batch.key}: ${batch.state}${batch.externalId === null ? '' : `, ${batch.ledger} ${batch.externalId}`}`,
        `${batch.memo}; ${batch.amount} ${batch.currency} on each side`,
        ...(batch.cause === null ? [] : [batch.cause, `  → ${batch.remedy ?? ''}`]),
        ...under(
          'Lines',
          table(
            [
              { title: 'account' },
              { title: 'debit', right: true },
              { title: 'credit', right: true },
              { title: 'for' },
              { title: 'orders' },
            ],
            batch.documentLines.map(({ account, debit, credit, memo, orders }) => [
              account,
              Number(debit) === 0 ? '' : debit,
              Number(credit) === 0 ? '' : credit,
              memo,
              `${orders.slice(0, ORDERS_SHOWN).join(' ')}${orders.length > ORDERS_SHOWN ? ` and ${orders.length - ORDERS_SHOWN} more` : ''}`,
            ]),
          ),
        ),
        ...under(
          'Differs in the ERP',
          batch.found.map(({ text }) => text),
        ),
        ...under(
          'Left out: booked in a supplement when mended',
          batch.leftOut.map(({ number, cause }) => `${number}: ${cause}`),
        ),
        ...under(
          'Without an account',
          batch.withoutAccount.map(({ text, entries }) => `${text}: ${entries} entries`),
        ),
      ]);
      return EXIT.ok;
    });
  },
};
