import mongoose from 'mongoose';
import { SyncError } from '../domain/errors.ts';

const { MongoBulkWriteError, MongoError, MongoServerError } = mongoose.mongo;

/** Server codes after which the same write may succeed: elections, interrupted operations, time limits. */
const PASSING = new Set([6, 7, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
const DUPLICATE = 11000;

/** Whether the store is away or overloaded for now, so that the work should wait and the job is not to blame. */
export function isStoreAway(thrown: unknown): boolean {
  if (!(thrown instanceof MongoError)) return isBrokenSocket(thrown);
  // A bulk write wraps whatever kept it from being sent or answered, as if the server had said it.
  if (thrown instanceof MongoBulkWriteError && isStoreAway(thrown.errorResponse)) return true;
  if (thrown instanceof MongoServerError) return typeof thrown.code === 'number' && PASSING.has(thrown.code);
  return /Network|ServerSelection|NotConnected|PoolCleared|Topology|WaitQueue|ConnectionPoolClosed|ClientClosed/.test(
    thrown.name,
  );
}

const GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ENOTCONN', 'ETIMEDOUT']);

/**
 * What a socket says when the server at its other end has gone. The driver lets it through as it came while a large
 * write waits for the socket; no other socket's error comes here, the transport to remotes has names of its own.
 */
function isBrokenSocket(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' && thrown !== null && 'syscall' in thrown && 'code' in thrown && GONE.has(thrown.code)
  );
}

/** A store failure as a SyncError that says what a person should do; anything else comes back as it was. */
export function asStoreError(thrown: unknown): unknown {
  if (isStoreAway(thrown)) {
    return new SyncError(
      'transient',
      `The store did not answer: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      {
        code: 'store-away',
        remedy: 'Check that the database is up and reachable from this worker. Work goes on by itself when it is.',
        cause: thrown,
      },
    );
  }
  if (!(thrown instanceof MongoError)) return thrown;
  return new SyncError('bug', `The store refused a command: ${thrown.message}`, {
    code: 'store-refused',
    remedy: 'If the disk is full or read-only, make room and restart. Otherwise report this with the log of the run.',
    cause: thrown,
  });
}

/**
 * Which operations (by index) of an unordered bulk write met an `_id` that was there already; any other failure is thrown.
 * A bulk write that was never answered, or not by a majority, fails without naming an operation: then nothing is known of any.
 */
export async function duplicatesOf(write: Promise<unknown>): Promise<ReadonlySet<number>> {
  try {
    await write;
    return new Set();
  } catch (thrown) {
    if (!(thrown instanceof MongoBulkWriteError)) throw thrown;
    const { writeErrors } = thrown;
    const errors: readonly { code: number; index: number }[] = Array.isArray(writeErrors) ? writeErrors : [writeErrors];
    if (errors.length === 0 || thrown.result.getWriteConcernError() !== undefined) throw thrown;
    const duplicates = new Set<number>();
    for (const error of errors) {
      if (error.code !== DUPLICATE) throw thrown;
      duplicates.add(error.index);
    }
    return duplicates;
  }
}

/**
 * Two upserts of one `_id` at the same moment may give one of them a duplicate-key error, which means that the other
 * has inserted it. For writes that only insert what is missing that is success.
 */
export async function upserting(write: Promise<unknown>): Promise<void> {
  await duplicatesOf(write);
}
