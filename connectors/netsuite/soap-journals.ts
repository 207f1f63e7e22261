import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallKind, Io } from '../../src/connector/io.ts';
import { openSoap, type SoapElement } from '../../src/connector/transport/soap.ts';
import { at, textOf, type SoapFault } from '../../src/connector/transport/soap-faults.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { dayWindow, formatInstant, parseInstant } from '../../src/domain/time.ts';
import { originOf, type NetsuiteConfig } from './config.ts';
import { ABSENT, faultOfReasons, type Reason } from './faults.ts';
import { DIMENSIONS, type Dimension, type Journal, type JournalLine, type StoredJournal } from './journal.ts';
import type { JournalRef, Journals } from './journals.ts';
import { openPool } from './pool.ts';
import { ALGORITHM, passportSignature, stampOf } from './signature.ts';

const OUR_VERSION = '2025_2';
const NOON_MS = 12 * 3_600_000;

/** The small WSDL that comes along, for one version of the endpoint. */
export function wsdlFor(version: string): string {
  return readFileSync(join(import.meta.dirname, 'wsdl/netsuite.wsdl'), 'utf8').replaceAll(OUR_VERSION, version);
}

export function soapPath(version: string): string {
  return `/services/NetSuitePort_${version}`;
}

/** Journal entries over SuiteTalk SOAP. */
export function openSoapJournals(config: NetsuiteConfig, io: Io): Journals {
  const { soapVersion: version } = config;
  const core = `urn:core_${version}.platform.webservices.netsuite.com`;
  const messages = `urn:messages_${version}.platform.webservices.netsuite.com`;
  const general = `urn:general_${version}.transactions.webservices.netsuite.com`;
  const zone = config.accountZone ?? io.connection.zone;
  const budget = io.budget('account');
  const pool = openPool(config.concurrency);
  const soap = openSoap({
    http: io.http,
    clock: io.clock,
    wsdl: config.wsdl ?? wsdlFor(version),
    endpoint: `${originOf(config)}${soapPath(version)}`,
    fault: (fault, kind) => vendorFault(fault, kind),
  });

  async function call(
    operation: string,
    body: SoapElement,
    kind: CallKind,
    signal?: AbortSignal,
  ): Promise<SoapElement> {
    await budget.take(1, signal);
    try {
      // The signature is made when the call has its place: it may be too old after a wait.
      const called = (): Promise<SoapElement> =>
        soap.call({ operation, body, kind, header: passport(), ...(signal && { signal }) });
      return await pool(() => budget.slot(called, signal));
    } catch (thrown) {
      if (thrown instanceof SyncError && thrown.retryAt !== undefined) budget.refuse(thrown.retryAt);
      throw thrown;
    }
  }

  /** In the order of the schema; its children are of the core namespace, which the library has to be told by prefix. */
  function passport(): SoapElement {
    const stamp = stampOf(io.clock, io.random);
    return {
      tokenPassport: {
        attributes: { xmlns: messages, 'xmlns:core': core },
        'core:account': config.account,
        'core:consumerKey': config.consumerKey,
        'core:token': config.token,
        'core:nonce': stamp.nonce,
        'core:timestamp': stamp.timestamp,
        'core:signature': { attributes: { algorithm: ALGORITHM }, $value: passportSignature(config, stamp) },
      },
    };
  }

  function vendorFault({ code, text, detail }: SoapFault, kind: CallKind): SyncError | null {
    const [name, content] = Object.entries(detail ?? {}).find(([element]) => element.endsWith('Fault')) ?? [];
    if (name === undefined) return null;
    const reason: Reason = { code: textOf(at(content, 'code')), message: textOf(at(content, 'message')) || text };
    const pool = /^exceeded(Concurrent)?RequestLimitFault$/i.test(name);
    // The code of this fault differs from one release to the next; its name does not.
    if (pool) return faultOfReasons([{ ...reason, code: 'EXCEEDED_REQUEST_LIMIT' }], kind, io.clock.now());
    return faultOfReasons([reason.code === '' ? { ...reason, code } : reason], kind, io.clock.now());
  }

  /** What `status` says, or null for a success. */
  function refusal(response: unknown, kind: CallKind): readonly Reason[] | null {
    const success = at(response, 'status', 'attributes', 'isSuccess');
    if (success === 'true') return null;
    if (success !== 'false') throw unreadable(kind, 'has no status');
    return listOf(at(response, 'status', 'statusDetail'))
      .filter((detail) => (at(detail, 'attributes', 'type') ?? 'ERROR') === 'ERROR')
      .map((detail) => ({ code: textOf(at(detail, 'code')), message: textOf(at(detail, 'message')) }));
  }

  function recordRef(id: string): SoapElement {
    return { attributes: { internalId: id } };
  }

  function record(journal: Journal): SoapElement {
    // NetSuite turns the instant into a day on its own clock: noon of the day leaves twelve hours of room either way.
    const noon = formatInstant(dayWindow(journal.date, zone).from + NOON_MS);
    return {
      attributes: {
        externalId: journal.externalId,
        xsi_type: { type: 'JournalEntry', prefix: 'general', xmlns: general },
      },
      tranDate: noon,
      currency: recordRef(journal.currency),
      ...(journal.subsidiary !== null && { subsidiary: recordRef(journal.subsidiary) }),
      memo: journal.memo,
      lineList: { line: journal.lines.map(lineElement) },
    };
  }

  function lineElement(line: JournalLine): SoapElement {
    const placed = DIMENSIONS.flatMap((name) => {
      const id = line.dimensions[name];
      return id === undefined ? [] : [[name, recordRef(id)] as const];
    });
    return {
      account: recordRef(line.account),
      ...(line.debit !== null && { debit: line.debit }),
      ...(line.credit !== null && { credit: line.credit }),
      ...(line.memo !== '' && { memo: line.memo }),
      ...Object.fromEntries(placed),
    };
  }

  /** A full pool may also be told in the status of a good answer: then, too, nobody spends before it is worth it. */
  function refused(reasons: readonly Reason[], kind: CallKind): SyncError {
    const error = faultOfReasons(reasons, kind, io.clock.now());
    if (error.retryAt !== undefined) budget.refuse(error.retryAt);
    return error;
  }

  return {
    async add(journal, signal) {
      const answer = await call('add', { record: record(journal) }, 'write', signal);
      const response = answer['writeResponse'];
      const reasons = refusal(response, 'write');
      if (reasons !== null) throw refused(reasons, 'write');
      const id = at(response, 'baseRef', 'attributes', 'internalId');
      // Without its id nobody knows which entry was made: it is looked up.
      if (typeof id !== 'string' || id === '') throw unreadable('write', 'names no record');
      return id;
    },
    async get(ref, signal) {
      const ids: SoapElement = 'id' in ref ? { internalId: ref.id } : { externalId: ref.externalId };
      const typed = { ...ids, type: 'journalEntry', xsi_type: { type: 'RecordRef', prefix: 'core', xmlns: core } };
      const answer = await call('get', { baseRef: { attributes: typed } }, 'read', signal);
      const response = answer['readResponse'];
      const reasons = refusal(response, 'read');
      if (reasons === null) return storedOf(at(response, 'record'), ref);
      if (reasons.some(({ code }) => ABSENT.has(code))) return null;
      throw refused(reasons, 'read');
    },
    async greet(signal) {
      const answer = await call('getServerTime', {}, 'read', signal);
      const result = answer['getServerTimeResult'];
      const reasons = refusal(result, 'read');
      if (reasons !== null) throw refused(reasons, 'read');
      return parseInstant(textOf(at(result, 'serverTime')), 'serverTime');
    },
  };
}

function storedOf(record: unknown, ref: JournalRef): StoredJournal {
  const reference = (element: unknown): string => {
    const id = at(element, 'attributes', 'internalId');
    return typeof id === 'string' ? id : '';
  };
  const id = reference(record);
  const externalId = at(record, 'attributes', 'externalId');
  const tranDate = textOf(at(record, 'tranDate'));
  if (id === '' || !/^\d{4}-\d\d-\d\dT/.test(tranDate)) throw unreadable('read', 'holds no journal entry');
  const amount = (line: unknown, side: 'debit' | 'credit'): string | null => textOf(at(line, side)) || null;
  return {
    id,
    externalId: typeof externalId === 'string' ? externalId : 'externalId' in ref ? ref.externalId : '',
    // With the account's own offset behind it, so that its first ten signs are the day in the account.
    date: tranDate.slice(0, 10),
    currency: reference(at(record, 'currency')),
    subsidiary: reference(at(record, 'subsidiary')) || null,
    memo: textOf(at(record, 'memo')),
    lines: listOf(at(record, 'lineList', 'line')).map((line) => {
      const dimensions: Partial<Record<Dimension, string>> = {};
      for (const name of DIMENSIONS) {
        const placed = reference(at(line, name));
        if (placed !== '') dimensions[name] = placed;
      }
      const sides = { debit: amount(line, 'debit'), credit: amount(line, 'credit') };
      return { account: reference(at(line, 'account')), ...sides, memo: textOf(at(line, 'memo')), dimensions };
    }),
  };
}

/** The library gives one element as itself and several as a list. */
function listOf(element: unknown): readonly unknown[] {
  if (element === undefined || element === null) return [];
  return Array.isArray(element) ? element : [element];
}

function unreadable(kind: CallKind, what: string): SyncError {
  return new SyncError(kind === 'write' ? 'unknown' : 'transient', `NetSuite's answer ${what}`, {
    code: 'malformed-answer',
    remedy:
      'Nothing to do: it is looked up or tried again by itself. If it lasts, check the address of this connection.',
  });
}
