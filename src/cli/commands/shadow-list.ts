import { EFFECT_VERBS, listEffects, type EffectRow } from '../../queries/effects.ts';
import { commandAudit } from '../audit.ts';
import { askedConnection } from '../asked-connection.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { moment, table } from '../table.ts';
import { withStore } from '../with-store.ts';

/** What would have been sent while a switch stood on shadow. */
export const shadowList: Command = {
  name: 'shadow list',
  about: 'list what would have been sent to remotes whose switch stands on shadow, and was not',
  operands: [],
  options: {
    connection: { value: 'ID', about: 'only to this connection' },
    verb: { value: 'VERB', about: 'only push, assign, confirm, publish or post' },
    limit: { value: 'N', about: 'at most so many (default: 50)' },
    payload: { about: 'show each request, without names and addresses' },
    personal: { about: 'show each request whole' },
  },
  examples: ['crossdock shadow list --connection shipbob-us', 'crossdock shadow list --verb post --payload --json'],
  async run(call) {
    const verb = verbOf(call);
    const limit = call.count('limit', 50);
    const payload = call.flag('personal') ? 'whole' : call.flag('payload') || call.json ? 'masked' : 'none';
    return withStore(call, async (app) => {
      const { store } = app;
      const narrowed = await askedConnection(call, app);
      if (payload === 'whole')
        await commandAudit(app)('Payloads with personal data were looked at.', { ...narrowed, verb, state: 'shadow' });
      const rows = await listEffects(store, {
        ...narrowed,
        ...(verb === undefined ? {} : { verb }),
        state: 'shadow',
        limit,
        payload,
      });
      call.answer(rows, () => effectLines(rows, limit, 'Nothing stands in shadow.'));
      return EXIT.ok;
    });
  },
};

/** The verb that was asked for. @throws UsageError for one that there is not */
export function verbOf(call: Call): string | undefined {
  const verb = call.text('verb');
  if (verb === undefined || EFFECT_VERBS.some((known) => known === verb)) return verb;
  throw new UsageError(`--verb is "${verb}": expected one of ${EFFECT_VERBS.join(', ')}`);
}

/** Requests for a person: a table, and under each its payload where that was asked for. */
export function effectLines(rows: readonly EffectRow[], limit: number, none: string): string[] {
  if (rows.length === 0) return [none];
  const lines = table(
    [{ title: 'at' }, { title: 'connection' }, { title: 'verb' }, { title: 'order' }, { title: 'key' }],
    rows.map(({ at, connection, verb, order, key }) => [moment(Date.parse(at)), connection, verb, order ?? '', key]),
  );
  const [title = '', ...rest] = lines;
  return [
    title,
    ...rest.flatMap((line, index) => {
      const shown = rows[index]?.payload ?? null;
      return shown === null ? [line] : [line, `  ${JSON.stringify(shown)}`];
    }),
    ...(rows.length === limit ? [`The first ${limit}: --limit N for more.`] : []),
  ];
}
