import { SyncError, type Fault } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { CallKind } from '../io.ts';

/** Where an exchange went, safe to print: host and path, never a query, a header or a body. */
export interface Place {
  readonly method: string;
  readonly where: string;
}

interface Verdict {
  readonly read: Fault;
  readonly write: Fault;
  readonly code: string;
  readonly says: string;
  readonly remedy: string;
}

const LATER = 'Nothing to do: it is tried again by itself. If it lasts, look at the status page of the remote.';
const LOOK_UP =
  'Nothing to do: the remote is asked first whether it has it. If it cannot be asked, the record is parked.';

/** The one table: an HTTP status → what happens next. The last row that a status reaches is the one for its hundred. */
const BY_STATUS: Readonly<Record<number, Verdict>> = {
  401: refused(
    'unauthorized',
    'does not accept our credentials',
    'Renew the credentials of this connection and check it again.',
  ),
  402: refused(
    'account-frozen',
    'has frozen the account',
    'Settle the account with the remote, then check the connection.',
  ),
  403: refused(
    'forbidden',
    'does not let these credentials do this',
    'Grant the missing scope or right to these credentials.',
  ),
  407: refused(
    'proxy-unauthorized',
    'is behind a proxy that wants credentials',
    'Give the proxy address with its credentials.',
  ),
  404: record(
    'not-found',
    'has nothing there',
    'Check whether the record was deleted at the remote, or its address mistyped.',
  ),
  410: record(
    'gone',
    'says it is gone for good',
    'Check whether the record was deleted at the remote, or the API version retired.',
  ),
  422: record(
    'refused-content',
    'refuses the content',
    'Open the record, mend what the remote refuses, and replay it.',
  ),
  408: outage('timed-out', 'gave up waiting for the request'),
  425: outage('too-early', 'would not take the request so early'),
  429: { ...throttle(), says: 'asks us to slow down' },
  300: refused(
    'redirected',
    'answers from another address',
    'Correct the base address of this connection; redirects to other hosts are not followed.',
  ),
  400: record(
    'refused',
    'refuses the request',
    'Open the record and compare it with what the remote expects; then replay it.',
  ),
  500: outage('remote-failed', 'failed'),
};

/** After a 503 with Retry-After nothing was done, and the remote says when. */
const UNAVAILABLE = { ...throttle(), says: 'is not available for now' };

function refused(code: string, says: string, remedy: string): Verdict {
  return { read: 'config', write: 'config', code, says, remedy };
}
function record(code: string, says: string, remedy: string): Verdict {
  return { read: 'data', write: 'data', code, says, remedy };
}
function outage(code: string, says: string): Verdict {
  return { read: 'transient', write: 'unknown', code, says, remedy: '' };
}
function throttle(): Verdict {
  const remedy = 'Nothing to do. If it lasts, lower the share of this budget in the configuration.';
  return { read: 'throttled', write: 'throttled', code: 'throttled', says: '', remedy };
}

/** What the remote said when it failed. `retryAt` is when it asked to be tried again, null where it did not say. */
export interface FailedStatus {
  readonly status: number;
  readonly retryAt: Instant | null;
  readonly remoteId: string | null;
}

/**
 * The error of a status of 300 or more that the caller does not accept as an answer.
 * A write is *unknown* after any status that does not promise that nothing was done.
 */
export function faultOfStatus(place: Place, kind: CallKind, failed: FailedStatus, now: Instant): SyncError {
  const row = BY_STATUS[failed.status] ?? BY_STATUS[Math.min(Math.floor(failed.status / 100), 5) * 100];
  const verdict = failed.status === 503 && failed.retryAt !== null ? UNAVAILABLE : row;
  if (verdict === undefined) throw new RangeError(`status ${failed.status} is no failure`);
  const fault = verdict[kind];
  return new SyncError(
    fault,
    `${place.method} ${place.where}: the remote ${verdict.says} (status ${failed.status})${outcome(fault)}`,
    {
      code: verdict.code,
      remedy: verdict.remedy || (fault === 'unknown' ? LOOK_UP : LATER),
      ...(fault === 'throttled' && { retryAt: failed.retryAt ?? now + 1_000 }),
      ...(failed.remoteId !== null && { remoteId: failed.remoteId }),
    },
  );
}

/** How an exchange can break without a whole answer. `sent` = at least one byte may have reached the remote. */
export interface Break {
  readonly reason: 'timeout' | 'stopped' | 'too-large' | 'network';
  readonly sent: boolean;
  /** Node's or OpenSSL's error code, e.g. `ECONNRESET`; null where there is none. */
  readonly code: string | null;
  /** For `timeout` milliseconds, for `too-large` bytes. */
  readonly limit: number;
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
]);
const CERTIFICATE =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;
const NOT_TLS = /^(EPROTO$|ERR_SSL_)/;

/** The error of an exchange that broke. Where nothing was sent even a write may simply be tried again. */
export function faultOfBreak(place: Place, kind: CallKind, broke: Break): SyncError {
  const code = broke.code ?? '';
  const sent = broke.sent && !NEVER_CONNECTED.has(code);
  const lost: Fault = sent && kind === 'write' ? 'unknown' : 'transient';
  const fail = (fault: Fault, name: string, says: string, remedy: string): SyncError =>
    new SyncError(fault, `${place.method} ${place.where}: ${says}${outcome(fault)}`, {
      code: name,
      remedy,
      ...(broke.code !== null && { cause: new Error(broke.code) }),
    });

  if (broke.reason === 'too-large') {
    const says = `the answer is larger than the ${broke.limit} bytes that we accept`;
    const remedy = 'Ask the remote for smaller pages, or raise `maxBytes` of this connection.';
    return fail(kind === 'write' ? 'unknown' : 'data', 'answer-too-large', says, remedy);
  }
  if (!sent && CERTIFICATE.test(code)) {
    const remedy =
      'Have the remote’s certificate renewed, correct the base address, or install the authority’s certificate.';
    return fail('config', 'bad-certificate', `the certificate of the remote is not trusted (${code})`, remedy);
  }
  if (!sent && NOT_TLS.test(code)) {
    return fail(
      'config',
      'no-tls',
      `the remote does not speak TLS there (${code})`,
      'Correct scheme and port of the base address.',
    );
  }
  const remedy =
    lost === 'unknown' ? LOOK_UP : sent ? LATER : `${LATER} Then check the base address of this connection too.`;
  if (broke.reason === 'timeout') return fail(lost, 'timed-out', `no whole answer within ${broke.limit} ms`, remedy);
  if (broke.reason === 'stopped') return fail(lost, 'stopped', 'the call was stopped by us', remedy);
  if (!sent) return fail(lost, 'unreachable', `the remote cannot be reached (${code || 'no connection'})`, remedy);
  return fail(lost, 'cut', `the connection broke before the answer was whole (${code || 'cut'})`, remedy);
}

function outcome(fault: Fault): string {
  return fault === 'unknown' ? '; whether it was done is unknown' : '';
}
