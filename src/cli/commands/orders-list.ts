import { listOrders, STAGES } from '../../queries/order-summary.ts';
import { UsageError, EXIT } from '../exit-code.ts';
import { askedConnection } from '../asked-connection.ts';
import type { Command } from '../command.ts';
import { moment, table } from '../table.ts';
import { withStore } from '../with-store.ts';

export const ordersList: Command = {
  name: 'orders list',
  about: 'list orders by their last change at the channel, newest first',
  operands: [],
  options: {
    stage: { value: 'STAGE', about: `only those that stand there: ${STAGES.join(', ')}` },
    connection: { value: 'ID', about: 'only those of one connection' },
    limit: { value: 'N', about: 'at most so many (default: 50)' },
  },
  examples: [
    'crossdock orders list --stage waiting',
    'crossdock orders list --connection harbour-us --limit 10 --json',
  ],
  async run(call) {
    const text = call.text('stage');
    const stage = STAGES.find((name) => name === text);
    if (text !== undefined && stage === undefined)
      throw new UsageError(`--stage is "${text}": expected one of ${STAGES.join(', ')}`);
    const limit = call.count('limit', 50);
    return withStore(call, async (app) => {
      const orders = await listOrders(app.store, {
        limit,
        ...(stage === undefined ? {} : { stage }),
        ...(await askedConnection(call, app)),
      });
      call.answer(orders, () =>
        orders.length === 0
          ? ['No such orders.']
          : [
              ...table(
                [
                  { title: 'number' },
                  { title: 'connection' },
                  { title: 'placed' },
                  { title: 'stage' },
                  { title: 'total', right: true },
                  { title: '' },
                  { title: 'waits for' },
                  { title: 'not booked' },
                ],
                orders.map((row) => [
                  row.number,
                  row.connection,
                  moment(row.placedAt),
                  row.stage,
                  row.total,
                  row.currency,
                  [...row.holds.map((hold) => `hold:${hold}`), ...row.waiting].join(' '),
                  [...new Set(row.problems)].join(' '),
                ]),
              ),
              ...(orders.length === limit ? [`The first ${limit}: --limit N for more.`] : []),
            ],
      );
      return EXIT.ok;
    });
  },
};
