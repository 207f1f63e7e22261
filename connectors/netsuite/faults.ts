import { SyncError, type Fault } from '../../src/domain/errors.ts';
import type { CallKind } from '../../src/connector/io.ts';
import type { Instant } from '../../src/domain/time.ts';

/** One reason that NetSuite gives: its code and its words. SOAP and REST share the codes. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

interface Meaning {
  readonly fault: Fault | 'outage';
  readonly code: string;
  readonly remedy: string;
}

/** NetSuite says no more than that the pool is full; it empties as calls end, most within a second or two. */
const POOL_FULL_MS = 2_000;
const LONGEST_MESSAGE = 300;

const THROTTLED: Meaning = {
  fault: 'throttled',
  code: 'throttled',
  remedy:
    'Nothing to do. If it lasts, lower `concurrency` of this connection: the account’s pool is shared with other programs.',
};
const LOGIN: Meaning = {
  fault: 'config',
  code: 'unauthorized',
  remedy:
    'Check account id, integration record and access token of this connection, and the login audit trail in NetSuite.',
};
const PERMISSION: Meaning = {
  fault: 'config',
  code: 'forbidden',
  remedy: 'Give the role of the access token the permissions that the README of this connector lists.',
};
const VERSION: Meaning = {
  fault: 'config',
  code: 'api-retired',
  remedy: 'Set `soapVersion` to one that NetSuite still supports, or `interface: rest`.',
};
const OUTAGE: Meaning = { fault: 'outage', code: 'remote-failed', remedy: '' };
const PERIOD: Meaning = {
  fault: 'data',
  code: 'period-closed',
  remedy: 'Open the accounting period in NetSuite, then replay: a document keeps the day on which its facts happened.',
};
const REFERENCE: Meaning = {
  fault: 'data',
  code: 'unknown-reference',
  remedy:
    'Correct the account map: it names something by an internal id that NetSuite does not have or this role may not see.',
};
const DUPLICATE: Meaning = {
  fault: 'data',
  code: 'duplicate',
  remedy: 'Look for the external id in NetSuite: another record of the same kind carries it.',
};

/** The codes by what they mean for us; names from `platform.faultTypes.xsd` and NetSuite's REST error pages. */
const BY_CODE = new Map<string, Meaning>(
  (
    [
      [
        THROTTLED,
        'SSS_REQUEST_LIMIT_EXCEEDED CONCURRENCY_LIMIT_EXCEEDED EXCEEDED_MAX_CONCUR_RQST WS_CONCUR_SESSION_DISALLWD',
      ],
      [THROTTLED, 'WS_EXCEEDED_CONCUR_USERS_ALLWD WS_REQUEST_BLOCKED EXCEEDED_REQUEST_LIMIT ACCT_TEMP_UNAVAILABLE'],
      [
        LOGIN,
        'INVALID_LOGIN INVALID_LOGIN_ATTEMPT INVALID_LOGIN_CREDENTIALS INVALID_LOGIN_IP LOGIN_DISABLED INVALID_ACCT',
      ],
      [LOGIN, 'WS_LOG_IN_REQD SESSION_TIMED_OUT INVALID_ROLE ROLE_REQUIRED'],
      [PERMISSION, 'INSUFFICIENT_PERMISSION WS_PERMISSION_REQD WS_FEATURE_REQD'],
      [VERSION, 'INVALID_WS_VERSION UNSUPPORTED_WS_VERSION'],
      [OUTAGE, 'UNEXPECTED_ERROR UNEXPECTED_FAILURE SSS_REQUEST_TIME_EXCEEDED SSS_TIME_LIMIT_EXCEEDED'],
      [PERIOD, 'TRAN_PERIOD_CLOSED INVALID_PERIOD INVALID_ACCT_PRD ACCT_PERIOD_SETUP_REQD'],
      [REFERENCE, 'INVALID_KEY_OR_REF INVALID_REFERENCE_KEY NONEXISTENT_ID NONEXISTENT_EXTERNAL_ID INVALID_RCRD_REF'],
      [DUPLICATE, 'DUP_RCRD DUP_TRANS DUP_ITEM DUP_ENTITY UNIQUE_CUST_ID_REQD'],
    ] as const
  ).flatMap(([meaning, codes]) => codes.split(' ').map((code) => [code, meaning] as const)),
);

const OTHER: Meaning = {
  fault: 'data',
  code: 'refused',
  remedy: 'Mend what NetSuite names, in the account map or in NetSuite, and replay the batch.',
};

/** Codes with which `get` says that there is no such record. */
export const ABSENT: ReadonlySet<string> = new Set([
  'RCRD_DSNT_EXIST',
  'NONEXISTENT_ID',
  'NONEXISTENT_EXTERNAL_ID',
  'INVALID_KEY_OR_REF',
]);

/** The error of a refusal by NetSuite's own codes; the first reason that is more than a refused record decides. */
export function faultOfReasons(reasons: readonly Reason[], kind: CallKind, now: Instant, remoteId?: string): SyncError {
  const meanings = reasons.map((reason) => ({ reason, meaning: meaningOf(reason) }));
  const chosen = meanings.find(({ meaning }) => meaning.fault !== 'data') ?? meanings[0];
  const { fault, code, remedy } = chosen?.meaning ?? OTHER;
  const said = reasons.map(({ code: name, message }) => `${name}: ${message}`).join('; ') || 'no reason given';
  const outage = fault === 'outage';
  const become: Fault = outage ? (kind === 'write' ? 'unknown' : 'transient') : fault;
  return new SyncError(become, `NetSuite refuses: ${said.slice(0, LONGEST_MESSAGE)}`, {
    code,
    remedy: outage
      ? 'Nothing to do: it is looked up or tried again by itself. If it lasts, look at NetSuite’s status page.'
      : remedy,
    ...(become === 'throttled' && { retryAt: now + POOL_FULL_MS }),
    ...(remoteId !== undefined && { remoteId }),
  });
}

function meaningOf({ code, message }: Reason): Meaning {
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  // USER_ERROR is NetSuite's code for whatever a form would have refused; only its words tell one from another.
  if (code === 'USER_ERROR' || code === 'INVALID_CONTENT' || code === '') {
    if (/already exists/i.test(message)) return DUPLICATE;
    if (/period.*(closed|locked)|(closed|locked).*period/i.test(message)) return PERIOD;
    if (/invalid .*(reference|key)/i.test(message)) return REFERENCE;
  }
  return OTHER;
}
