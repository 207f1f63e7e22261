import { REMOTE_KINDS } from '../../flows/wanted.ts';
import { ACTORS, parkedCases } from '../../queries/cases.ts';
import { connectionStandings } from '../../queries/connections.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { askedConnection } from '../asked-connection.ts';
import type { Command } from '../command.ts';
import { caseLines, troubleLines } from '../report.ts';
import { under } from '../table.ts';
import { withStore } from '../with-store.ts';

export const parkedList: Command = {
  name: 'parked list',
  about:
    'list what is set aside for a person, in cases of one cause: how many, since when, who must act, and what to do',
  operands: [],
  options: {
    connection: { value: 'ID', about: 'only those of one connection' },
    for: { value: 'WHO', about: 'only those for operations, finance or admins' },
  },
  examples: ['crossdock parked list', 'crossdock parked list --for finance --json'],
  async run(call) {
    const text = call.text('for');
    const who = ACTORS.find((known) => known === text);
    if (text !== undefined && who === undefined)
      throw new UsageError(`--for is "${text}": expected one of ${ACTORS.join(', ')}`);
    return withStore(call, async (app) => {
      const { store, flow } = app;
      const narrowed = await askedConnection(call, app);
      const all = await parkedCases(store, narrowed);
      const cases = all.filter((one) => who === undefined || one.who === who);
      const jobs = cases.reduce((sum, { count }) => sum + count, 0);
      const away = (await connectionStandings(store, REMOTE_KINDS)).filter(({ id }) => flow.connections.has(id));
      // Not among the cases, since nothing of theirs is parked: but it is admins that they wait for.
      const trouble =
        who === undefined || who === 'admins'
          ? troubleLines(away.filter(({ id }) => narrowed.connection === undefined || id === narrowed.connection))
          : [];
      call.answer(cases, () =>
        cases.length === 0
          ? ['Nothing is parked.', ...trouble]
          : [
              `${jobs} parked in ${cases.length} ${cases.length === 1 ? 'case' : 'cases'}`,
              ...cases.flatMap((one) => [
                ...caseLines([one], flow.clock.now()),
                ...under(one.count > one.keys.length ? `keys, the first ${one.keys.length}` : 'keys', [...one.keys])
                  .slice(1)
                  .map((line) => `  ${line}`),
                '',
              ]),
              'Each by itself: crossdock parked show <key>. When its cause is mended: crossdock parked replay <key>… | --code CODE | --all',
              ...trouble,
            ],
      );
      return EXIT.ok;
    });
  },
};
