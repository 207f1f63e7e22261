import { readDraftMapping } from '../../app.ts';
import { tryMapping, type MappingTrial, type TriedCause } from '../../flows/try-mapping.ts';
import { commandAudit } from '../audit.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { figure, table, under } from '../table.ts';
import { withStore } from '../with-store.ts';

const FIELDS_SHOWN = 40;
const CAUSES_SHOWN = 20;

/** Shows what a draft of a mapping would change, before it is anybody's mapping. */
export const mappingTry: Command = {
  name: 'mapping try',
  about: 'read the newest orders with a draft of a mapping and show what changes; writes nothing',
  operands: ['<connection>', '<draft-file>'],
  options: {
    last: { value: 'N', about: 'so many of the newest orders (default: 200)' },
    personal: { about: 'show what identifies a person, too' },
  },
  examples: ['crossdock mapping try harbour-us mappings/draft.yaml --last 500'],
  async run(call) {
    const [id = '', file = ''] = call.operands;
    const last = call.count('last', 200);
    return withStore(call, async (app) => {
      const { config, flow } = app;
      const connection = flow.connections.get(id);
      if (connection === undefined)
        throw new UsageError(
          `There is no connection ${id}: expected one of ${[...flow.connections.keys()].join(', ')}`,
        );
      if (connection.capabilities.orders === undefined) throw new UsageError(`${id} is no source of orders`);
      const { mapping } = readDraftMapping(file, config);
      if (call.flag('personal'))
        await commandAudit(app)('Personal data of orders was looked at, with the draft of a mapping.', {
          connection: id,
          orders: last,
        });
      const trial = await tryMapping(flow, connection, mapping, { last, personal: call.flag('personal') });
      call.answer(trial, () => trialLines(trial));
      return EXIT.ok;
    });
  },
};

/** A trial for a person. */
export function trialLines(trial: MappingTrial): string[] {
  const { connection, looked, changed, erased, orders, money } = trial;
  const rows = orders.flatMap(({ number, fields }) =>
    fields.map(({ field, before, after }) => [number, field, before ?? '–', after ?? '–']),
  );
  const right = (title: string): { title: string; right: true } => ({ title, right: true });
  return [
    `${figure(changed)} of ${figure(looked)} orders of ${connection} change. Nothing was written.`,
    ...(erased === 0 ? [] : [`${figure(erased)} more have been erased and can be read by nobody.`]),
    ...under('Which fields', table([{ title: 'field' }, right('orders')], fieldCounts(trial))),
    ...under(
      'Fields',
      shortened(
        table(
          [{ title: 'order' }, { title: 'field' }, { title: 'now' }, { title: 'draft' }],
          rows.slice(0, FIELDS_SHOWN),
        ),
        rows.length - FIELDS_SHOWN,
      ),
    ),
    ...under(
      'Money (debit − credit)',
      table(
        [{ title: 'account' }, { title: '' }, right('now'), right('draft'), right('by')],
        money.map((move) => [
          move.gateway === null ? move.account : `${move.account} (${move.gateway})`,
          move.currency,
          move.before,
          move.after,
          move.by,
        ]),
      ),
    ),
    ...causeLines('Goes on', trial.freed),
    ...causeLines('Would be parked', trial.parked),
    ...causeLines('Would be held', trial.held),
    ...causeLines('Not held any more', trial.letGo),
  ];
}

/** In how many orders each field changes, whichever line or payment of them it is of; the most frequent first. */
function fieldCounts({ orders }: MappingTrial): string[][] {
  const counts = new Map<string, number>();
  for (const { fields } of orders)
    for (const name of new Set(fields.map(({ field }) => field.replaceAll(/\[\d+\]/g, '[…]'))))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([field, count]) => [field, figure(count)]);
}

function causeLines(heading: string, causes: readonly TriedCause[]): string[] {
  const lines = causes.slice(0, CAUSES_SHOWN).map(({ number, code, message }) => `${number} · ${code}: ${message}`);
  return under(heading, shortened(lines, causes.length - CAUSES_SHOWN));
}

function shortened(lines: readonly string[], left: number): string[] {
  return left > 0 ? [...lines, `… and ${figure(left)} more (--json shows all)`] : [...lines];
}
