import type { Log, LogFields } from '../domain/ports.ts';

type Level = 'warn' | 'error';

/** A log for a command that shows its own progress: only what is worse than its work, one line each. */
export function narrowLog(least: Level, say: (line: string) => void): Log {
  const write =
    (level: Level, always: LogFields) =>
    (message: string, fields: LogFields = {}) => {
      if (level === 'warn' && least === 'error') return;
      const told = Object.entries({ ...always, ...fields }).flatMap(([name, value]) =>
        value === undefined || value === null ? [] : [`${name}=${String(value)}`],
      );
      say([message, ...told].join(' '));
    };
  const open = (always: LogFields): Log => ({
    debug: () => undefined,
    info: () => undefined,
    warn: write('warn', always),
    error: write('error', always),
    with: (fields) => open({ ...always, ...fields }),
  });
  return open({});
}
