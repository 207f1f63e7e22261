import type { CompanyId, ConnectionId } from '../domain/ids.ts';
import type { Clock, Log, Random } from '../domain/ports.ts';

/** `write` = may change something at the remote: when its reply is lost the outcome is unknown and it is never sent twice. */
export type CallKind = 'read' | 'write';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly kind: CallKind;
  /** Whole exchange, connect to last byte, in ms; for `lines` each wait for the next bytes. Default of the I/O policy. */
  readonly timeoutMs?: number;
  /** The largest answer accepted, in bytes after decompression; for `lines` the longest line. Default of the I/O policy. */
  readonly maxBytes?: number;
  /** Statuses that are answers here, not failures (each ≥ 400 not named becomes a SyncError by the one table). */
  readonly accept?: readonly number[];
  /** Stops the call: *transient* on a read, *unknown* on a write of which a byte may have left. */
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** One HTTP exchange under the I/O policy: time-out, size limit, status → fault. Never retries by itself. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** A large text answer (a bulk result file) line by line, without holding it whole. */
  lines(request: HttpRequest): AsyncIterable<string>;
}

/** Our share of one remote rate limit, shared by all workers. */
export interface Budget {
  /** Resolves when `cost` may be spent. Rejects with the signal's reason. */
  take(cost: number, signal?: AbortSignal): Promise<void>;
  /** What the remote itself said of the bucket after a call; the budget never plans above it. */
  observe(state: { readonly available: number; readonly perSecond: number; readonly capacity: number }): void;
  /** The remote refused: nothing is spent before `until` (epoch ms). */
  refuse(until: number): void;
  /** Runs a call while one of the budget's places is held, of which all workers together have `concurrency`. */
  slot<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** How a connector declares a budget; configuration may lower each figure, never raise it. */
export interface BudgetSpec {
  readonly name: string;
  /** What the remote counts by, where it is more than this connection: all connections that name it share the budget. */
  readonly sharedAs?: string;
  /** Tokens restored per second. */
  readonly perSecond: number;
  /** The most that can be saved up. */
  readonly capacity: number;
  /** How many calls may be under way at once over all workers; absent = as many as the tokens allow. */
  readonly concurrency?: number;
}

export interface ConnectionScope {
  readonly id: ConnectionId;
  readonly company: CompanyId;
  /** IANA time zone of the connection's business day. */
  readonly zone: string;
}

/** Everything a connector may reach outside itself. */
export interface Io {
  readonly connection: ConnectionScope;
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  budget(name: string): Budget;
}
