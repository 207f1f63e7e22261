import { EXIT } from '../exit-code.ts';
import { pageLevels } from '../../queries/stock.ts';
import type { Command } from '../command.ts';
import { moment, table } from '../table.ts';
import { withStore } from '../with-store.ts';

export const stockList: Command = {
  name: 'stock list',
  about: 'list stock levels: on hand, reserved and free, by SKU and location',
  operands: [],
  options: {
    sku: { value: 'SKU', about: 'only this SKU' },
    location: { value: 'ID', about: 'only this location' },
    limit: { value: 'N', about: 'at most so many (default: 200)' },
  },
  examples: ['crossdock stock list --sku SKU-001', 'crossdock stock list --location berlin-store --json'],
  async run(call) {
    const sku = call.text('sku');
    const location = call.text('location');
    const limit = call.count('limit', 200);
    return withStore(call, async ({ store }) => {
      const { items: rows } = await pageLevels(store, {
        ...(sku === undefined ? {} : { sku }),
        ...(location === undefined ? {} : { location }),
        limit,
      });
      call.answer(rows, () =>
        rows.length === 0
          ? ['No such stock.']
          : [
              ...table(
                [
                  { title: 'sku' },
                  { title: 'location' },
                  { title: 'on hand', right: true },
                  { title: 'reserved', right: true },
                  { title: 'free', right: true },
                  { title: 'counted' },
                  { title: '' },
                ],
                rows.map((row) => [
                  row.sku,
                  row.location,
                  String(row.onHand),
                  String(row.reserved),
                  String(row.free),
                  moment(Date.parse(row.countedAt)),
                  row.backlog ? 'older orders wait' : '',
                ]),
              ),
              ...(rows.length === limit ? [`The first ${limit}: --limit N for more.`] : []),
            ],
      );
      return EXIT.ok;
    });
  },
};
