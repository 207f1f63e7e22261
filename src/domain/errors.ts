/**
 * The one error that crosses a boundary. Its `fault` says what happens next, its `remedy` what a person should do.
 *
 * | fault     | what the job does                                                     |
 * |-----------|-----------------------------------------------------------------------|
 * | transient | backs off with jitter and tries again                                 |
 * | throttled | waits until `retryAt`; not counted as an attempt                      |
 * | unknown   | sent, reply lost: looks the effect up before anything is sent again   |
 * | config    | pauses the connection and tells admins                                |
 * | data      | parks this record; reopened when what it `needs` is mapped            |
 * | bug       | parks this record and alerts                                          |
 */
export type Fault = 'transient' | 'throttled' | 'unknown' | 'config' | 'data' | 'bug';

/** What a SyncError knows beside its message. Nothing personal and no secret may be put in any of these. */
export interface SyncErrorDetail {
  /** What a person should do, as an instruction. */
  readonly remedy: string;
  /** A short stable name of the cause, by which parked jobs are grouped into a case, e.g. `unmapped-payment`. */
  readonly code?: string;
  /** The field or configuration path at fault, e.g. `transactions[0].gateway`. */
  readonly field?: string;
  /** Mapping entries that would mend it, e.g. `payments/paypal`: a job parked for one is reopened when it is mapped. */
  readonly needs?: readonly string[];
  /** UTC instant in epoch milliseconds before which trying again is pointless. */
  readonly retryAt?: number;
  /** The remote's own id of the record or request, for its support desk. */
  readonly remoteId?: string;
  readonly cause?: unknown;
}

export class SyncError extends Error {
  readonly fault: Fault;
  readonly remedy: string;
  readonly code: string;
  readonly field: string | undefined;
  readonly needs: readonly string[];
  readonly retryAt: number | undefined;
  readonly remoteId: string | undefined;

  constructor(fault: Fault, message: string, detail: SyncErrorDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'SyncError';
    this.fault = fault;
    this.remedy = detail.remedy;
    this.code = detail.code ?? fault;
    this.field = detail.field;
    this.needs = detail.needs ?? [];
    this.retryAt = detail.retryAt;
    this.remoteId = detail.remoteId;
  }
}

/** Any thrown value as a SyncError: one that nobody classified is a bug of ours, and says so. */
export function asSyncError(thrown: unknown): SyncError {
  if (thrown instanceof SyncError) return thrown;
  // Errors of another realm (a test runner's, a worker's) are not instances of this one's Error.
  const told: unknown = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown;
  const message = String(told);
  return new SyncError('bug', message, {
    remedy: 'This is a fault in Crossdock. Report it with the job key and the log lines of this run.',
    cause: thrown,
  });
}
