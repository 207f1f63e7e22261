import type { Writable } from 'node:stream';
import winston from 'winston';
import type { Log, LogFields } from '../domain/ports.ts';

export interface LogSettings {
  readonly level: string;
  readonly format: 'text' | 'json';
  /** Values that must never be written, whatever carries them (I9). */
  readonly secrets: readonly string[];
  /** Where every line from `info` on goes as well, as an object, whatever level is shown. */
  readonly keep?: Writable;
  /** False = nothing is shown: the lines are only kept. */
  readonly shown?: boolean;
}

/** Lines to standard error, so that what a command prints stays clean: JSON for machines, text for people. */
export function openLog({ level, format, secrets, keep, shown = true }: LogSettings): Log {
  const hidden = secrets.filter((secret) => secret.length >= 6);
  const hide = winston.format((info) => {
    for (const [name, value] of Object.entries(info))
      if (typeof value === 'string') info[name] = without(value, hidden);
      else if (Array.isArray(value)) info[name] = value.map((one) => without(String(one), hidden));
    return info;
  });
  const text = winston.format.printf(({ timestamp, level: at, message, ...fields }) => {
    const told = Object.entries(fields).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return [String(timestamp), at.toUpperCase().padEnd(5), String(message), ...told].join(' ');
  });
  const logger = winston.createLogger({
    level: shown && level === 'debug' ? 'debug' : keep === undefined ? level : 'info',
    format: winston.format.combine(winston.format.timestamp(), hide()),
    transports: [
      ...(shown
        ? [
            new winston.transports.Console({
              level,
              format: format === 'json' ? winston.format.json() : text,
              stderrLevels: ['debug', 'info', 'warn', 'error'],
            }),
          ]
        : []),
      ...(keep === undefined ? [] : [new winston.transports.Stream({ stream: keep, level: 'info' })]),
    ],
  });
  return wrap(logger, {});
}

function wrap(logger: winston.Logger, always: LogFields): Log {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      logger.log(level, message, { ...always, ...fields });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => wrap(logger, { ...always, ...fields }),
  };
}

/** A log that says every line to both. */
export function bothLogs(one: Log, other: Log): Log {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: LogFields): void => {
      one[level](message, fields);
      other[level](message, fields);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => bothLogs(one.with(fields), other.with(fields)),
  };
}

function without(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '[hidden]');
  return clean;
}

/** A log that nobody reads. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};
