import type { CallKind, HttpResponse, Io } from '../../src/connector/io.ts';
import { at } from '../../src/connector/transport/soap-faults.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { originOf, type NetsuiteConfig } from './config.ts';
import { ABSENT, faultOfReasons, type Reason } from './faults.ts';
import { DIMENSIONS, type Dimension, type Journal, type StoredJournal } from './journal.ts';
import type { Journals } from './journals.ts';
import { openPool } from './pool.ts';
import { restAuthorization, stampOf } from './signature.ts';

export const REST_PATH = '/services/rest/record/v1/journalEntry';

/** Statuses whose body says what is wrong; all others are the transport's to judge. */
const REFUSALS = [400, 404, 405, 409, 422];

/** Journal entries over the REST record API. */
export function openRestJournals(config: NetsuiteConfig, io: Io): Journals {
  const collection = `${originOf(config)}${REST_PATH}`;
  const budget = io.budget('account');
  const pool = openPool(config.concurrency);

  async function send(
    method: 'GET' | 'POST',
    address: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<HttpResponse> {
    await budget.take(1, signal);
    const url = new URL(address);
    try {
      // The signature is made when the call has its place: it may be too old after a wait.
      const called = (): Promise<HttpResponse> =>
        io.http.send({
          method,
          url: url.href,
          kind: method === 'GET' ? 'read' : 'write',
          accept: REFUSALS,
          headers: {
            authorization: restAuthorization(config, method, url, stampOf(io.clock, io.random)),
            accept: 'application/json',
            ...(body !== null && { 'content-type': 'application/json' }),
          },
          ...(body !== null && { body: JSON.stringify(body) }),
          ...(signal && { signal }),
        });
      return await pool(() => budget.slot(called, signal));
    } catch (thrown) {
      if (thrown instanceof SyncError && thrown.retryAt !== undefined) budget.refuse(thrown.retryAt);
      throw thrown;
    }
  }

  /** A full pool may also be told inside a 400: then, too, nobody spends before it is worth it. */
  function refused(reasons: readonly Reason[], kind: CallKind): SyncError {
    const error = faultOfReasons(reasons, kind, io.clock.now());
    if (error.retryAt !== undefined) budget.refuse(error.retryAt);
    return error;
  }

  return {
    async add(journal, signal) {
      const answer = await send('POST', collection, recordOf(journal), signal);
      if (answer.status >= 400) {
        const reasons = reasonsOf(answer);
        if (reasons.length === 0) throw unreadable('unknown', `says status ${answer.status} and no reason`);
        throw refused(reasons, 'write');
      }
      const id = /\/journalEntry\/(\d+)$/i.exec(answer.headers['location'] ?? '')?.[1];
      // Without its id nobody knows which entry was made: it is looked up.
      if (id === undefined) throw unreadable('unknown', 'names no record; whether it was done is unknown');
      return id;
    },
    async get(ref, signal) {
      const asked = 'id' in ref ? encodeURIComponent(ref.id) : `eid:${encodeURIComponent(ref.externalId)}`;
      const answer = await send('GET', `${collection}/${asked}?expandSubResources=true`, null, signal);
      if (answer.status < 400) return storedOf(read(answer));
      const reasons = reasonsOf(answer);
      // Also a mistyped address answers 404, but without a code of NetSuite's: that is no proof of absence.
      if (reasons.some(({ code }) => ABSENT.has(code))) return null;
      if (reasons.length === 0) throw unreadable('transient', `says status ${answer.status} and no reason`);
      throw refused(reasons, 'read');
    },
    async greet(signal) {
      const answer = await send('GET', `${collection}?limit=1`, null, signal);
      if (answer.status >= 400) throw refused(reasonsOf(answer), 'read');
      return null;
    },
  };
}

function recordOf(journal: Journal): unknown {
  return {
    externalId: journal.externalId,
    tranDate: journal.date,
    currency: { id: journal.currency },
    ...(journal.subsidiary !== null && { subsidiary: { id: journal.subsidiary } }),
    memo: journal.memo,
    line: {
      items: journal.lines.map((line) => ({
        account: { id: line.account },
        ...(line.debit !== null && { debit: numeral(line.debit) }),
        ...(line.credit !== null && { credit: numeral(line.credit) }),
        ...(line.memo !== '' && { memo: line.memo }),
        ...Object.fromEntries(
          DIMENSIONS.flatMap((name) => {
            const id = line.dimensions[name];
            return id === undefined ? [] : [[name, { id }] as const];
          }),
        ),
      })),
    },
  };
}

/**
 * The field is a JSON number. JSON writes the shortest text that reads back as the same double, which is the amount
 * itself as long as it has no more than fifteen digits.
 * @throws SyncError `data` for a larger one, which NetSuite could not keep to the cent either.
 */
function numeral(amount: string): number {
  if (amount.replace('.', '').replace(/^0+/, '').length <= 15) return Number(amount);
  throw new SyncError('data', `The amount ${amount} has more digits than NetSuite keeps exactly`, {
    code: 'amount-too-large',
    remedy: 'Post the batch in parts.',
  });
}

function storedOf(record: unknown): StoredJournal {
  const text = (...path: readonly string[]): string => textAt(record, ...path);
  const id = text('id');
  const items = at(record, 'line', 'items');
  if (id === '' || !Array.isArray(items)) throw unreadable('transient', 'holds no journal entry');
  // Read numbers are text. A page of the lines is not the entry: comparing it would call it different.
  const total = text('line', 'totalResults');
  if (total !== '' && total !== String(items.length)) throw unreadable('transient', 'holds only a part of the lines');
  const lines: readonly unknown[] = items;
  return {
    id,
    externalId: text('externalId'),
    date: text('tranDate'),
    currency: text('currency', 'id'),
    subsidiary: text('subsidiary', 'id') || null,
    memo: text('memo'),
    lines: lines.map((line) => {
      const dimensions: Partial<Record<Dimension, string>> = {};
      for (const name of DIMENSIONS) {
        const placed = textAt(line, name, 'id');
        if (placed !== '') dimensions[name] = placed;
      }
      const sides = { debit: textAt(line, 'debit') || null, credit: textAt(line, 'credit') || null };
      return { account: textAt(line, 'account', 'id'), ...sides, memo: textAt(line, 'memo'), dimensions };
    }),
  };
}

function textAt(from: unknown, ...path: readonly string[]): string {
  const value = at(from, ...path);
  return typeof value === 'string' ? value : '';
}

/** The body with every number as the text that it was sent as. @throws SyncError `transient` for what is no JSON. */
function read(answer: HttpResponse): unknown {
  try {
    return JSON.parse(Buffer.from(answer.body).toString('utf8'), (...given: readonly unknown[]) => {
      const [, value, context] = given;
      return typeof value === 'number' ? at(context, 'source') : value;
    });
  } catch {
    throw unreadable('transient', 'is no JSON');
  }
}

/** `o:errorDetails` of a refusal; none where the body is none of NetSuite's. */
function reasonsOf(answer: HttpResponse): readonly Reason[] {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(answer.body).toString('utf8'));
  } catch {
    return [];
  }
  const details: unknown = at(body, 'o:errorDetails');
  if (!Array.isArray(details)) return [];
  return details.map((detail: unknown) => ({ code: textAt(detail, 'o:errorCode'), message: textAt(detail, 'detail') }));
}

function unreadable(fault: 'unknown' | 'transient', what: string): SyncError {
  return new SyncError(fault, `NetSuite's answer ${what}`, {
    code: 'malformed-answer',
    remedy:
      'Nothing to do: it is looked up or tried again by itself. If it lasts, check the address of this connection.',
  });
}
