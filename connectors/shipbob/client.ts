import type { ZodType } from 'zod';
import type { Io } from '../../src/connector/io.ts';
import { faultOfStatus } from '../../src/connector/transport/faults.ts';
import { placeOf } from '../../src/connector/transport/place.ts';
import { retryAfter } from '../../src/connector/transport/retry-after.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Instant } from '../../src/domain/time.ts';
import { refusal } from './answers.ts';
import { budgets, type ShipBobConfig } from './config.ts';
import type { Call } from './calls.ts';

export interface Reply<T> {
  readonly status: number;
  /** Null for a refusal that the call accepts. */
  readonly value: T | null;
  /** The fields that a refusal names; what it says of them may be personal and is not kept. */
  readonly refused: readonly string[];
  /** Whether the refusal speaks of the reference. */
  readonly ofReference: boolean;
  /** ShipBob's own clock at the answer, where it says. */
  readonly at: Instant | null;
  /** Whether a header says that another page follows (https://developer.shipbob.com/faq). */
  readonly more: boolean;
}

export interface ShipBobClient {
  /**
   * Sends one call when the budget allows and reads its answer by the schema.
   * @throws SyncError what the transport threw; `throttled` until ShipBob's `x-retry-after`; for an answer that cannot be
   * read `unknown` after a write, after a read `transient` where it was cut short and `bug` where it has another shape.
   */
  ask<T>(call: Call, schema: ZodType<T>, signal?: AbortSignal): Promise<Reply<T>>;
}

/** Opens the client of one connection. */
export function openClient(config: ShipBobConfig, io: Io): ShipBobClient {
  const origin = new URL(config.baseUrl).origin;
  const budget = io.budget('calls');
  const [granted] = budgets(config);

  return {
    async ask(call, schema, signal) {
      await budget.take(1, signal);
      const url = new URL(call.path, origin);
      for (const [name, value] of Object.entries(call.query)) url.searchParams.set(name, value);
      const answer = await io.http.send({
        method: call.method,
        url: url.href,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${config.accessToken}`,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(call.channel ? { shipbob_channel_id: String(config.channel) } : {}),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        kind: call.kind,
        accept: [...call.accept, 429],
        ...(signal === undefined ? {} : { signal }),
      });
      const { status, headers } = answer;
      if (status === 429) throw throttled(call, url, headers);
      const left = headers['x-remaining-calls'];
      if (left !== undefined && /^\d{1,9}$/.test(left) && granted !== undefined) {
        const { perSecond, capacity } = granted;
        budget.observe({ available: Math.min(Number(left), capacity), perSecond, capacity });
      }
      const date = Date.parse(headers['date'] ?? '');
      const seen = { status, at: Number.isNaN(date) ? null : date, more: (headers['next-page'] ?? '') !== '' };
      if (status >= 400) return { ...seen, value: null, ...refusalOf(answer.body) };
      return { ...seen, value: read(call, answer.body, schema), refused: [], ofReference: false };
    },
  };

  function throttled(call: Call, url: URL, headers: Readonly<Record<string, string>>): SyncError {
    const now = io.clock.now();
    // ShipBob has a header of its own for it, which the transport cannot know (https://developer.shipbob.com/rate-limit).
    const retryAt = retryAfter(headers['x-retry-after'] ?? headers['retry-after'], headers['date'], now);
    const failed = { status: 429, retryAt, remoteId: null };
    const error = faultOfStatus(placeOf(call.method, url, [config.accessToken]), call.kind, failed, now);
    budget.refuse(error.retryAt ?? now);
    return error;
  }
}

function read<T>(call: Call, body: Uint8Array, schema: ZodType<T>): T {
  let json: unknown = null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (text !== '') json = JSON.parse(text);
  } catch {
    throw unreadable(call, call.kind === 'write' ? 'unknown' : 'transient', 'something that is not JSON', '');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw unreadable(call, call.kind === 'write' ? 'unknown' : 'bug', 'another shape than documented', where);
}

function unreadable(call: Call, fault: 'unknown' | 'transient' | 'bug', what: string, field: string): SyncError {
  const at = field === '' ? '' : ` at ${field}`;
  return new SyncError(fault, `ShipBob answered ${call.method} ${call.path} with ${what}${at}`, {
    code: fault === 'bug' ? 'unexpected-answer' : 'malformed-answer',
    remedy:
      fault === 'bug'
        ? 'Compare the answer with the API reference of this version and report the difference.'
        : 'Nothing to do at first: it is asked again. If it goes on, look at ShipBob’s status page and at any proxy in between.',
    ...(field === '' ? {} : { field }),
  });
}

function refusalOf(body: Uint8Array): { readonly refused: readonly string[]; readonly ofReference: boolean } {
  const text = new TextDecoder().decode(body);
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A refusal without JSON names no field.
  }
  const fields = refusal.safeParse(parsed);
  const named = fields.success ? Object.keys(fields.data).filter((field) => /^[\w.[\]]{1,80}$/.test(field)) : [];
  return { refused: named, ofReference: /reference/i.test(text) };
}
