import { SyncError } from '../../domain/errors.ts';
import { levelStory, type LevelStory, type MovementRow } from '../../queries/level-story.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { moment, table, under } from '../table.ts';
import { withStore } from '../with-store.ts';

const ORDERS_SHOWN = 4;

/** One level: what is there, who holds what of it, and every change of it. */
export const stockShow: Command = {
  name: 'stock show',
  about: 'tell the story of one stock level: who holds what of it, and every change with its cause',
  operands: ['<SKU@location>'],
  options: {
    limit: { value: 'N', about: 'at most so many reservations, and so many changes, newest first (default: 30)' },
  },
  examples: ['crossdock stock show SKU-001@newark', 'crossdock stock show SKU-001@berlin-store --limit 200 --json'],
  async run(call) {
    const [id = ''] = call.operands;
    const limit = call.count('limit', 30);
    return withStore(call, async ({ store }) => {
      const level = await levelStory(store, id, limit);
      if (level === null)
        throw new SyncError('data', `There is no stock level ${id}.`, {
          code: 'no-such-level',
          remedy: 'List them: crossdock stock list',
        });
      call.answer(level, () => storyLines(level));
      return EXIT.ok;
    });
  },
};

function storyLines(level: LevelStory): string[] {
  const counted = moment(Date.parse(level.countedAt));
  return [
    `${level.sku} at ${level.location}: ${level.onHand} on hand, ${level.reserved} reserved, ${level.free} free; counted ${counted}`,
    ...(level.backlog ? ['Older orders wait for it: new ones queue behind them.'] : []),
    ...under(
      'Reserved for',
      table(
        [{ title: 'order' }, { title: 'stage' }, { title: 'units', right: true }, { title: 'line' }],
        level.reservations.map(({ order, number, stage, units, line }) => [
          number ?? order,
          stage ?? 'no such order',
          String(units),
          line,
        ]),
      ),
    ),
    ...(level.moreReserved > 0 ? [`  and ${level.moreReserved} more: --limit N for more.`] : []),
    ...under(
      'Changes, newest first',
      table(
        [
          { title: 'when' },
          { title: 'what' },
          { title: 'on hand', right: true },
          { title: '', right: true },
          { title: 'free', right: true },
          { title: '', right: true },
          { title: 'for' },
          { title: 'by' },
        ],
        level.movements.map((each) => [
          moment(Date.parse(each.at)),
          each.kind,
          signed(each.onHand.change),
          String(each.onHand.after),
          signed(each.free.change),
          String(each.free.after),
          ordersOf(each),
          each.cause,
        ]),
      ),
    ),
    ...(level.older > 0 ? [`  and ${level.older} older: --limit N for more.`] : []),
  ];
}

function signed(change: number): string {
  if (change === 0) return '';
  return change > 0 ? `+${change}` : `−${-change}`;
}

function ordersOf({ orders }: MovementRow): string {
  const told = orders.slice(0, ORDERS_SHOWN).map(({ order, number, units }) => `${number ?? order} ${signed(units)}`);
  return `${told.join(', ')}${orders.length > ORDERS_SHOWN ? ` and ${orders.length - ORDERS_SHOWN} more` : ''}`;
}
