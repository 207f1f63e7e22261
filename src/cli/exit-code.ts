import { asSyncError, type SyncError } from '../domain/errors.ts';
import { EmbeddedStoreError } from '../store/embedded/index.ts';
import { asStoreError } from '../store/faults.ts';

/** What a command's exit code says. */
export const EXIT = {
  ok: 0,
  /** An invariant is broken, or what was asked for was refused. */
  refused: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** A remote or the store could not be reached. */
  away: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** What ended a command, for a person: what happened, what to do, and the exit code that says so. */
export interface Failure {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly remedy: string | null;
}

/** Any thrown value as a failure. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof UsageError) return { exit: EXIT.usage, code: 'usage', message: thrown.message, remedy: null };
  if (thrown instanceof EmbeddedStoreError)
    return { exit: EXIT.away, code: 'store', message: thrown.message, remedy: null };
  const error = asSyncError(asStoreError(thrown));
  return { exit: exitOf(error), code: error.code, message: error.message, remedy: error.remedy };
}

function exitOf(error: SyncError): ExitCode {
  switch (error.fault) {
    case 'config':
      return EXIT.usage;
    case 'transient':
    case 'throttled':
    case 'unknown':
      return EXIT.away;
    case 'data':
    case 'bug':
      return EXIT.refused;
  }
}
