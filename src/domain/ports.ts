import type { Instant } from './time.ts';

/** The only source of the present. */
export interface Clock {
  now(): Instant;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason. */
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

/** Where counts go: to the metrics, and to whoever shows progress. */
export interface Meter {
  count(name: string, amount: number, labels?: Readonly<Record<string, string>>): void;
}
