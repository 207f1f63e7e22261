import type { Instant } from './time.ts';

/** The only source of the present. */
export interface Clock {
  now(): Instant;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason. 0 = once what else waits in this process has had its turn. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The only source of chance. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** Unpredictable bytes, for keys and nonces. */
  bytes(length: number): Uint8Array;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** Where a line of the log goes. Fields carry ids and counts, never a secret and nothing personal. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line of the log that is kept to be searched. `run`, `job`, `order` and `connection` among its fields are ids. */
export interface LogLine {
  readonly at: Instant;
  /** Its number in the process that said it, from 1: it tells lines of one instant apart and orders them. */
  readonly n: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Where counts go: to the metrics, and to whoever shows progress. */
export interface Meter {
  count(name: string, amount: number, labels?: Readonly<Record<string, string>>): void;
}
