import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Instant } from '../../domain/time.ts';
import type { FaultKind } from './fault-plan.ts';

export interface StandInRequest {
  /** Counts from 1 over the life of this server. */
  readonly number: number;
  readonly at: Instant;
  readonly method: string;
  /** Path and query as they came, e.g. `/orders?page=2`. */
  readonly path: string;
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body as UTF-8 text, decoded once. */
  text(): string;
}

export interface StandInAnswer {
  /** Default 200. */
  readonly status?: number;
  /** `content-type` is `application/json` unless given. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One line of the request log: what was asked and how it went. Bodies and header values are not kept. */
export interface ServedRequest {
  readonly number: number;
  readonly at: Instant;
  readonly method: string;
  readonly path: string;
  readonly bytes: number;
  /** 0 = the caller got no answer. */
  readonly status: number;
  readonly fault: FaultKind | null;
}

/** Reads the whole request. Rejects when the caller goes away before its last byte. */
export async function readRequest(incoming: IncomingMessage, number: number, at: Instant): Promise<StandInRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const path = incoming.url ?? '/';
  let text: string | null = null;
  return {
    number,
    at,
    method: incoming.method ?? 'GET',
    path,
    url: new URL(path, 'http://stand-in.invalid'),
    headers,
    body,
    text: () => (text ??= body.toString('utf8')),
  };
}

/** The body of an answer as it goes over the wire. */
export function bytesOf(answer: StandInAnswer): Uint8Array {
  return typeof answer.body === 'string' ? Buffer.from(answer.body) : (answer.body ?? new Uint8Array());
}

/** Writes status and headers for a body of that length; returns the status. */
export function writeHead(outgoing: ServerResponse, answer: StandInAnswer, length: number): number {
  const status = answer.status ?? 200;
  outgoing.writeHead(status, { 'content-type': 'application/json', ...answer.headers, 'content-length': length });
  return status;
}

/** Writes a whole answer; returns its status. */
export function writeAnswer(outgoing: ServerResponse, answer: StandInAnswer): number {
  const bytes = bytesOf(answer);
  const status = writeHead(outgoing, answer, bytes.byteLength);
  outgoing.end(bytes);
  return status;
}
