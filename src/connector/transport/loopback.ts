import { createServer, type Server } from 'node:http';
import type net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { SyncError } from '../../domain/errors.ts';
import type { Clock, Log } from '../../domain/ports.ts';
import type { HttpRequest } from '../io.ts';
import { openStandIn, type StandIn, type StandInOptions } from '../sandbox/stand-in.ts';
import { openHttp, type HttpPolicy, type OpenHttp } from './http.ts';

/** What the tests of the transport open on loopback, and close again with `closeAll`. */
export const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => wait(ms, undefined, { signal }) };
export const logged: string[] = [];
const write = (message: string, fields?: unknown): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };

export const toClose: { close(): unknown }[] = [];
export function http(policy: Partial<HttpPolicy> = {}): OpenHttp {
  const opened = openHttp({ timeoutMs: 200, maxBytes: 100_000, userAgent: 'crossdock-test', log, clock, ...policy });
  toClose.push(opened);
  return opened;
}
export async function remote(answer: StandInOptions['answer']): Promise<StandIn> {
  const standIn = await openStandIn({ name: 'remote', clock, answer });
  toClose.push(standIn);
  return standIn;
}
export async function bare(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push({ close: () => (server.closeAllConnections(), server.close()) });
  return at(server);
}
export function at(server: net.Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return `http://127.0.0.1:${address.port}`;
}
export async function failure(promise: Promise<unknown>): Promise<SyncError> {
  const thrown: unknown = await promise.then(
    () => new Error('it went well'),
    (cause: unknown) => cause,
  );
  if (!(thrown instanceof SyncError)) throw thrown;
  return thrown;
}
export const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  kind: 'read',
  ...more,
});
export const post = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  kind: 'write',
  body: '{"refund":1}',
  ...more,
});

/** Closes what was opened, the newest first, and forgets the log. */
export async function closeAll(): Promise<void> {
  for (const open of toClose.splice(0).reverse()) await open.close();
  logged.splice(0);
}
