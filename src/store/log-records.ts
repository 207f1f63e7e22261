import type { mongo } from 'mongoose';
import type { ConnectionId, OrderId } from '../domain/ids.ts';
import type { LogFields, LogLevel, LogLine } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { LogDocument } from './documents.ts';
import { duplicatesOf } from './faults.ts';

export interface LogFilter {
  readonly levels?: readonly LogLevel[];
  readonly connection?: ConnectionId;
  readonly order?: OrderId;
  readonly job?: string;
  readonly run?: string;
  /** Only lines of who did or looked at what. */
  readonly audit?: true;
  /** A part of the message, capitals or not. */
  readonly text?: string;
  /** From this instant on, and before this one. */
  readonly from?: Instant;
  readonly to?: Instant;
  /** Only lines that were said before this one: the `_id` of the last one seen. */
  readonly before?: string;
  readonly limit: number;
}

/** The log, appended and searched; what has expired the store removes by itself. */
export interface LogRecords {
  /** Keeps lines until `keepMs` after each was said. The same lines again change nothing. */
  append(lines: readonly LogLine[], keepMs: number): Promise<void>;
  /** Keeps one line of who did or looked at what, durably. @throws when it could not be kept */
  audit(line: LogLine, keepMs: number): Promise<void>;
  /** Newest first. */
  find(filter: LogFilter): Promise<LogDocument[]>;
}

/** @param writer tells this process apart from every other, over all workers and for ever */
export function openLogRecords({ log }: Collections, writer: string): LogRecords {
  async function insert(documents: readonly LogDocument[]): Promise<void> {
    if (documents.length === 0) return;
    await duplicatesOf(
      log.bulkWrite(
        documents.map((document) => ({ insertOne: { document } })),
        { ordered: false },
      ),
    );
  }
  return {
    async append(lines, keepMs) {
      await insert(lines.map((line) => documentOf(line, writer, keepMs)));
    },

    async audit(line, keepMs) {
      await insert([{ ...documentOf(line, `${writer}a`, keepMs), audit: true }]);
    },

    async find({ levels, text, from, to, before, limit, ...exact }) {
      const ids = {
        ...(from === undefined ? {} : { $gte: timeKey(from) }),
        ...(to === undefined && before === undefined ? {} : { $lt: earlier(to, before) }),
      };
      const filter: mongo.Filter<LogDocument> = {
        ...(Object.keys(ids).length === 0 ? {} : { _id: ids }),
        ...(levels === undefined ? {} : { level: { $in: [...levels] } }),
        ...(text === undefined ? {} : { message: { $regex: literal(text), $options: 'i' } }),
        ...exact,
      };
      return log.find(filter).sort({ _id: -1 }).limit(limit).toArray();
    },
  };
}

const ID_FIELDS = ['connection', 'order', 'job', 'run'] as const;
const TIME_DIGITS = 9;
const NUMBER_DIGITS = 6;

function documentOf({ at, n, level, message, fields }: LogLine, writer: string, keepMs: number): LogDocument {
  const ids: Partial<Record<(typeof ID_FIELDS)[number], string>> = {};
  const rest: Record<string, LogFields[string]> = {};
  for (const [name, value] of Object.entries(fields)) {
    const known = ID_FIELDS.find((field) => field === name);
    if (value === undefined) continue;
    if (known !== undefined && typeof value === 'string' && value !== '') ids[known] = value;
    else if (known === undefined || value !== '') rest[name] = value;
  }
  return {
    _id: `${timeKey(at)}${digits(n, NUMBER_DIGITS)}.${writer}`,
    at: new Date(at),
    level,
    message,
    ...ids,
    fields: rest,
    expires: new Date(at + keepMs),
  };
}

/** An instant as text that sorts as it does, until the year 5188. */
function timeKey(at: Instant): string {
  return digits(Math.max(0, at), TIME_DIGITS);
}

function digits(value: number, count: number): string {
  return Math.floor(value).toString(36).padStart(count, '0').slice(-count);
}

function earlier(to: Instant | undefined, before: string | undefined): string {
  const bounds = [...(to === undefined ? [] : [timeKey(to)]), ...(before === undefined ? [] : [before])];
  return bounds.sort()[0] ?? '';
}

/** A pattern for exactly this text. */
function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
