import type { LevelDifference } from '../../domain/stock-rebuild.ts';
import { rebuildLevel } from '../../flows/rebuild-level.ts';
import { levelDifferences } from '../../queries/level-differences.ts';
import { audited } from '../audit.ts';
import type { Command } from '../command.ts';
import { every } from '../every.ts';
import { EXIT } from '../exit-code.ts';
import { figure, table } from '../table.ts';
import { withStore } from '../with-store.ts';

/** Levels against their movements: the differences, and with `--write` the levels put right. */
export const stockRebuild: Command = {
  name: 'stock rebuild',
  about: 'compare stock levels with the sum of their movements; --write puts that sum in their place',
  operands: [],
  options: {
    sku: { value: 'SKU', about: 'only this SKU' },
    location: { value: 'ID', about: 'only this location' },
    write: { about: 'put right what differs; without it nothing is changed' },
  },
  examples: ['crossdock stock rebuild', 'crossdock stock rebuild --sku SKU-001 --write'],
  async run(call) {
    const sku = call.text('sku');
    const location = call.text('location');
    const write = call.flag('write');
    return withStore(call, async (app) => {
      const { store, flow } = app;
      let done = 0;
      const stop = every(flow.clock, 2_000, () => call.screen.note(`${figure(done)} levels compared …`));
      const filter = { ...(sku === undefined ? {} : { sku }), ...(location === undefined ? {} : { location }) };
      const found = await levelDifferences(store, filter, (compared) => {
        done = compared;
      }).finally(stop);
      const { compared, different } = found;
      const written: string[] = [];
      for (const { level, rebuildable } of write ? different : []) {
        if (!rebuildable) continue;
        const told = 'Rebuilding a stock level from its movements was asked for.';
        if (await audited(app, told, { level }, () => rebuildLevel(flow, level, 'stock rebuild'))) written.push(level);
      }
      call.answer({ ...found, written }, () => [
        ...table(
          [
            { title: 'level' },
            { title: 'what' },
            { title: 'stands', right: true },
            { title: 'movements say', right: true },
          ],
          different.flatMap(({ level, differences }) => differences.map((each) => [level, ...differenceCells(each)])),
        ),
        `${figure(compared)} ${compared === 1 ? 'level' : 'levels'} compared: ${different.length === 0 ? 'all are what their movements add up to' : `${different.length} ${different.length === 1 ? 'differs' : 'differ'}`}.`,
        ...(written.length > 0 ? [`${written.length} put right.`] : []),
        ...(different.length > 0 && !write ? ['Nothing was changed. To put them right: add --write'] : []),
        ...(different.some(({ rebuildable }) => !rebuildable)
          ? ['Where movements are missing nothing can be rebuilt: the next count sets what is on hand.']
          : []),
      ]);
      return different.length > written.length ? EXIT.refused : EXIT.ok;
    });
  },
};

function differenceCells({ what, of, kept, rebuilt }: LevelDifference): string[] {
  if (what === 'movement' && kept === null) return [`movement of ${of}`, 'missing', ''];
  const about = what === 'reserved' ? `reserved for ${of}` : what === 'movement' ? `free by movement of ${of}` : what;
  return [about, String(kept), String(rebuilt)];
}
