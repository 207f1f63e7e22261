import { asSyncError, type SyncError } from '../domain/errors.ts';
import type { Instant } from '../domain/time.ts';
import type { ParkCause } from '../store/documents.ts';
import type { Ending } from '../store/job-records.ts';
import { backoff } from './backoff.ts';
import type { Result } from './handler.ts';

/** A transient failure this often in a row is no passing one: a person is asked. */
const MOST_ATTEMPTS = 30;

/** Why a job stands where it stands, for the person who reads it. Carries no personal data: SyncErrors do not. */
export function parkCause(error: SyncError, now: Instant): ParkCause {
  return {
    fault: error.fault,
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    field: error.field ?? null,
    needs: [...error.needs],
    remoteId: error.remoteId ?? null,
    at: new Date(now),
  };
}

/**
 * How a job ends by its result (the table of `domain/errors.ts`).
 * A config fault leaves the job ready: its connection is paused, and goes on by itself when that is mended.
 */
export function endingOf(result: Result, now: Instant, chance: number): Ending {
  const { job } = result;
  if ('done' in result) return { job, end: 'done' };
  if ('again' in result) return { job, end: 'again', due: result.again, attempt: false, last: null };
  const error = asSyncError(result.error);
  const cause = parkCause(error, now);
  switch (error.fault) {
    case 'throttled':
      return { job, end: 'again', due: Math.max(error.retryAt ?? now + 1_000, now), attempt: false, last: cause };
    case 'config':
      return { job, end: 'again', due: now, attempt: false, last: cause };
    case 'transient':
    case 'unknown':
      if (job.attempts + 1 >= MOST_ATTEMPTS) return { job, end: 'parked', cause };
      return {
        job,
        end: 'again',
        due: Math.max(now + backoff(job.attempts, chance), error.retryAt ?? 0),
        attempt: true,
        last: cause,
      };
    case 'data':
    case 'bug':
      return { job, end: 'parked', cause };
  }
}
