import { compareDay } from '../../flows/sweep-orders.ts';
import { REMOTE_KINDS } from '../../flows/wanted.ts';
import { sunsetNotices, type ConnectionApi } from '../../domain/sunset.ts';
import { addDays, businessDate } from '../../domain/time.ts';
import type { App } from '../../app.ts';
import { completenessLines, lineOf, type CompletenessLine } from '../../queries/completeness.ts';
import { connectionStandings, type ConnectionStanding } from '../../queries/connections.ts';
import type { InvariantResult } from '../../queries/finding.ts';
import { checkInvariants } from '../../queries/invariants.ts';
import { UsageError, EXIT, failureOf, type ExitCode } from '../exit-code.ts';
import type { Call, Command } from '../command.ts';
import { completenessTable, invariantLines, sunsetLines, troubleLines } from '../report.ts';
import { under } from '../table.ts';
import { withRemotes, withStore } from '../with-store.ts';

const MOST_DAYS = 366;

interface Checked {
  readonly invariants: readonly InvariantResult[];
  readonly completeness: readonly CompletenessLine[];
  readonly connections: readonly ConnectionStanding[];
  readonly apis: readonly ConnectionApi[];
}

/** I1 to I6 on what the store holds. */
export const check: Command = {
  name: 'check',
  about: 'check the invariants I1 to I6 on what the store holds; repairs nothing',
  operands: [],
  options: {
    remote: { about: 'compare with the channels now, by id and version, instead of trusting the last comparison' },
    days: { value: 'N', about: 'with --remote: so many days back from today (default: 3)' },
  },
  examples: ['crossdock check', 'crossdock check --remote --days 14 --json'],
  async run(call) {
    const days = call.count('days', 3);
    if (days > MOST_DAYS) throw new UsageError(`--days is ${days}: expected at most ${MOST_DAYS}`);
    return call.flag('remote')
      ? withRemotes(call, (app) => run(app, call, days))
      : withStore(call, (app) => run(app, call, null));
  },
};

async function run(app: App, call: Call, days: number | null): Promise<ExitCode> {
  const { store, clock, connections } = app.flow;
  const channels = [...connections.values()]
    .filter(({ capabilities }) => capabilities.orders !== undefined)
    .map(({ id }) => id);
  let standings = (await connectionStandings(store, REMOTE_KINDS)).filter(({ id }) => connections.has(id));
  let completeness: CompletenessLine[];
  if (days === null) completeness = await completenessLines(store);
  else {
    const compared = await compareNow(app, days);
    completeness = compared.lines;
    standings = standings.map((standing) => ({ ...standing, ...compared.away.get(standing.id) }));
  }
  const invariants = await checkInvariants({ store, clock, compared: completeness, channels });
  const checked: Checked = { invariants, completeness, connections: standings, apis: app.apis };
  call.answer(checked, () => [...linesOf(checked), ...sunsetLines(sunsetNotices(app.apis, clock.now()))]);
  if (invariants.some(({ state }) => state === 'broken')) return EXIT.refused;
  // Without --remote a connection that is away takes nothing from what was asked.
  return days !== null && standings.some(({ state }) => state === 'away') ? EXIT.away : EXIT.ok;
}

async function compareNow(
  app: App,
  days: number,
): Promise<{ lines: CompletenessLine[]; away: Map<string, Pick<ConnectionStanding, 'state' | 'cause' | 'remedy'>> }> {
  const { flow } = app;
  const lines: CompletenessLine[] = [];
  const away = new Map<string, Pick<ConnectionStanding, 'state' | 'cause' | 'remedy'>>();
  for (const connection of flow.connections.values()) {
    if (connection.capabilities.orders === undefined) continue;
    const today = businessDate(flow.clock.now(), connection.zone);
    try {
      for (let back = days - 1; back >= 0; back -= 1) {
        const day = await compareDay(flow, connection, addDays(today, -back), new AbortController().signal);
        lines.push(await lineOf(flow.store, day));
      }
    } catch (thrown) {
      const { message, remedy } = failureOf(thrown);
      away.set(connection.id, { state: 'away', cause: message, remedy });
    }
  }
  return { lines, away };
}

function linesOf({ invariants, completeness, connections }: Checked): string[] {
  return [
    ...invariantLines(invariants),
    ...under('Complete', completenessTable(completeness)),
    ...troubleLines(connections),
  ];
}
