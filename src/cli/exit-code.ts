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
  if (isFileError(thrown)) {
    const remedy =
      'Check that the folder is there, that this user may read and write in it, and that the disk has room.';
    return { exit: EXIT.away, code: thrown.code, message: thrown.message, remedy };
  }
  const error = asSyncError(asStoreError(thrown));
  return { exit: exitOf(error), code: error.code, message: error.message, remedy: error.remedy };
}

/** What the operating system says of a file: the store's, its key's or a backup's. */
function isFileError(thrown: unknown): thrown is { readonly code: string; readonly message: string } {
  if (typeof thrown !== 'object' || thrown === null) return false;
  // By its shape: the test runner's realm has an Error of its own.
  return (
    'syscall' in thrown &&
    'path' in thrown &&
    'message' in thrown &&
    'code' in thrown &&
    typeof thrown.code === 'string'
  );
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
