import { SyncError } from '../../domain/errors.ts';
import { findOrders, orderTimeline } from '../../queries/order-timeline.ts';
import { handsOn } from '../../flows/flow.ts';
import { commandAudit } from '../audit.ts';
import { EXIT } from '../exit-code.ts';
import type { Command } from '../command.ts';
import { timelineLines } from '../timeline-report.ts';
import { table } from '../table.ts';
import { withStore } from '../with-store.ts';

export const ordersShow: Command = {
  name: 'orders show',
  about: 'tell the whole story of one order: every step with its time, its cause and the remote id',
  operands: ['<number|id>'],
  options: { personal: { about: 'show whose order it is, too' } },
  examples: ["crossdock orders show '#1001'", 'crossdock orders show ord_0123456789abcdefghijkl --json'],
  async run(call) {
    const [wanted = ''] = call.operands;
    return withStore(call, async (app) => {
      const { store } = app;
      const found = await findOrders(store, wanted);
      const [only] = found;
      if (only === undefined)
        throw new SyncError('data', `There is no order ${wanted}.`, {
          code: 'no-such-order',
          remedy:
            "Name its number, our id or the channel's id; or pull it: crossdock pull <connection> --id <channel's id>",
        });
      if (found.length > 1) {
        call.answer(
          { error: { code: 'ambiguous', message: `${found.length} orders are called ${wanted}.`, orders: found } },
          () => [
            `${found.length} orders are called ${wanted}. Name one by its id:`,
            ...table(
              [{ title: 'id' }, { title: 'number' }, { title: 'connection' }, { title: "channel's id" }],
              found.map((row) => [row.id, row.number, row.connection, row.externalId]),
            ),
          ],
        );
        return EXIT.usage;
      }
      if (call.flag('personal'))
        await commandAudit(app)('Personal data of an order was looked at.', {
          order: only.id,
          connection: only.connection,
        });
      const timeline = await orderTimeline(store, only.id, {
        handsOn: handsOn(app.flow),
        personal: call.flag('personal'),
      });
      if (timeline !== null) call.answer(timeline, () => timelineLines(timeline));
      return timeline === null ? EXIT.refused : EXIT.ok;
    });
  },
};
