import type { App } from '../../app.ts';
import { KEPT_LEVELS, searchLog, type LogRow, type LogSearch } from '../../queries/sync-log.ts';
import { parseInstant, type Instant } from '../../domain/time.ts';
import { askedConnection } from '../asked-connection.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { onStop } from '../stop-signals.ts';
import { moment } from '../table.ts';
import { withStore } from '../with-store.ts';

const MOST = 10_000;
const LOOK_MS = 1_000;
/** Workers keep their lines a moment after they said them: so far back every look looks again. */
const LATE_MS = 10_000;

/** The log of all workers, searched, and followed as it grows. */
export const log: Command = {
  name: 'log',
  about: 'search the log of all workers, the newest line last: by level, connection, order, job, run, text and time',
  operands: [],
  options: {
    level: { value: 'LEVEL', about: `this level and what is worse: ${KEPT_LEVELS.join(', ')}` },
    connection: { value: 'ID', about: 'only lines of one connection' },
    order: { value: 'ORDER', about: "only lines of one order: its number, our id or the channel's" },
    job: { value: 'KEY', about: 'only lines of one job' },
    run: { value: 'ID', about: 'only lines of one run' },
    text: { value: 'TEXT', about: 'only lines whose message has this in it, capitals or not' },
    from: { value: 'ISO', about: 'only lines from this instant on' },
    to: { value: 'ISO', about: 'only lines before this instant' },
    audit: { about: 'only lines of who did or looked at what, through the API or by a command' },
    limit: { value: 'N', about: 'the newest so many (default: 50)' },
    follow: { about: 'go on with what comes, until it is stopped' },
  },
  examples: [
    'crossdock log --level warn',
    'crossdock log --order 5215',
    'crossdock log --connection harbour-us --follow',
  ],
  async run(call) {
    const asked = searchOf(call);
    return withStore(call, async (app) => {
      const search = { ...asked, ...(await askedConnection(call, app)) };
      const rows = [...(await searchLog(app.store, search)).items].reverse();
      if (!call.flag('follow')) {
        call.answer(rows, () => (rows.length === 0 ? ['No such lines.'] : rows.map(lineOf)));
        return EXIT.ok;
      }
      await follow(call, app, search, rows);
      return EXIT.ok;
    });
  },
};

function searchOf(call: Call): LogSearch {
  const given = call.text('level');
  const level = KEPT_LEVELS.find((name) => name === given);
  if (given !== undefined && level === undefined)
    throw new UsageError(`--level is "${given}": expected one of ${KEPT_LEVELS.join(', ')}`);
  const text = (option: 'order' | 'job' | 'run' | 'text'): Partial<LogSearch> => {
    const value = call.text(option);
    return value === undefined ? {} : { [option]: value };
  };
  const instant = (option: 'from' | 'to'): Partial<LogSearch> => {
    const value = call.text(option);
    return value === undefined ? {} : { [option]: instantOf(option, value) };
  };
  return {
    ...(level === undefined ? {} : { level }),
    ...text('order'),
    ...text('job'),
    ...text('run'),
    ...text('text'),
    ...instant('from'),
    ...instant('to'),
    ...(call.flag('audit') ? { audit: true } : {}),
    limit: Math.min(call.count('limit', 50), MOST),
  };
}

function instantOf(option: string, text: string): Instant {
  try {
    return parseInstant(text, `--${option}`);
  } catch {
    throw new UsageError(
      `--${option} is "${text}": expected an instant with its zone, for example 2026-11-01T08:00:00Z`,
    );
  }
}

/** Says each line once, also one that came late between others. */
async function follow(call: Call, { store, flow }: App, search: LogSearch, first: readonly LogRow[]): Promise<void> {
  const stopping = new AbortController();
  const unlisten = onStop(() => stopping.abort(new Error('stopped by a signal')));
  const say = (row: LogRow): void => call.screen.out(call.json ? JSON.stringify(row) : lineOf(row));
  first.forEach(say);
  const oldest = first[0]?.id ?? '';
  let said = new Set(first.map(({ id }) => id));
  try {
    while (!stopping.signal.aborted) {
      await flow.clock.sleep(LOOK_MS, stopping.signal).catch(() => undefined);
      const from = Math.max(search.from ?? 0, flow.clock.now() - LATE_MS);
      const rows = [...(await searchLog(store, { ...search, from, limit: MOST })).items].reverse();
      rows.filter(({ id }) => id > oldest && !said.has(id)).forEach(say);
      said = new Set(rows.map(({ id }) => id));
    }
  } finally {
    unlisten();
  }
}

function lineOf({ at, level, message, connection, order, job, run, fields }: LogRow): string {
  const ids = Object.entries({ connection, order, job, run }).filter(([, value]) => value !== null);
  const told = [...ids, ...Object.entries(fields)].map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [moment(at), level.toUpperCase().padEnd(5), message, ...told].join(' ');
}
