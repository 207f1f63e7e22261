import { setTimeout as wait } from 'node:timers/promises';
import type { ServedRequest } from '../../src/connector/sandbox/stand-in.ts';
import type { PlannedFault } from '../../src/connector/sandbox/fault-plan.ts';
import type { Budget, Http, HttpRequest, Io } from '../../src/connector/io.ts';
import { openHttp } from '../../src/connector/transport/http.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Clock, Log } from '../../src/domain/ports.ts';

/** One rule of the contract: rejects when the subject breaks it. */
export interface Rule<Subject> {
  readonly title: string;
  /** Whether the rule says anything about this subject. Default: it does. */
  readonly applies?: (subject: Subject) => boolean;
  run(subject: Subject): Promise<void>;
}

/** The stand-in of a remote as the suite needs it; every `StandIn` is one. */
export interface Remote {
  readonly url: string;
  fail(fault: PlannedFault): void;
  clearFaults(): void;
  requests(): readonly ServedRequest[];
  problems(): readonly string[];
  close(): Promise<void>;
}

/** What stands in a connector's hands during a test, and what it did with it. */
export interface Rig {
  readonly io: Io;
  /** Everything that it logged, as text. */
  readonly logged: readonly string[];
  /** Calls that it made through its transport. */
  readonly calls: readonly HttpRequest[];
  close(): void;
}

/** Longer than a busy machine takes to answer on loopback. */
export const PATIENT_MS = 10_000;
/** For rules that wait for a time-out. */
export const HASTY_MS = 700;

export const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => wait(ms, undefined, { signal }) };

/** Real HTTP on loopback under the real I/O policy; budgets without limit; a log that is kept. */
export function openRig(secrets: readonly string[], timeoutMs = PATIENT_MS): Rig {
  const logged: string[] = [];
  const calls: HttpRequest[] = [];
  const log = keptLog(logged, '');
  const transport = openHttp({ timeoutMs, maxBytes: 64_000_000, userAgent: 'crossdock-contract', log, clock, secrets });
  const http: Http = {
    send: (request) => (calls.push(request), transport.send(request)),
    lines: (request) => (calls.push(request), transport.lines(request)),
  };
  const budget: Budget = {
    take: () => Promise.resolve(),
    observe: () => undefined,
    refuse: () => undefined,
    slot: (call) => call(),
  };
  let seed = 1;
  const next = (): number => ((seed = (seed * 48_271) % 2_147_483_647), seed / 2_147_483_647);
  return {
    io: {
      connection: { id: 'contract', company: 'acme', zone: 'Europe/Berlin' },
      http,
      clock,
      random: { next, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)) },
      log,
      budget: () => budget,
    },
    logged,
    calls,
    close: () => transport.close(),
  };
}

function keptLog(lines: string[], prefix: string): Log {
  const write = (message: string, fields?: unknown): void =>
    void lines.push(`${prefix}${message} ${JSON.stringify(fields ?? {})}`);
  return {
    debug: write,
    info: write,
    warn: write,
    error: write,
    with: (fields) => keptLog(lines, `${prefix}${JSON.stringify(fields)} `),
  };
}

/** Opens a remote and a rig, runs, closes both; a stand-in that made a mistake itself proves nothing. */
export async function withRemote<R extends Remote>(
  start: () => Promise<R>,
  secrets: readonly string[],
  run: (remote: R, rig: Rig) => Promise<void>,
  timeoutMs = PATIENT_MS,
): Promise<void> {
  const remote = await start();
  const rig = openRig(secrets, timeoutMs);
  try {
    await run(remote, rig);
    if (remote.problems().length > 0) throw new Error(`the stand-in failed itself: ${remote.problems().join('; ')}`);
  } finally {
    rig.close();
    await remote.close();
  }
}

/** The SyncError that this ends in. @throws when it goes well or throws anything else. */
export async function failureOf(work: Promise<unknown>): Promise<SyncError> {
  let thrown: unknown;
  try {
    await work;
  } catch (cause) {
    thrown = cause;
  }
  if (thrown instanceof SyncError) return thrown;
  throw new Error(thrown === undefined ? 'it went well' : `no SyncError was thrown but ${String(thrown)}`, {
    cause: thrown,
  });
}

/** Everything of an error that could be printed, causes included. */
export function printed(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null && parts.length < 10;) {
    parts.push(String(at), JSON.stringify(at) ?? '');
    if (typeof at !== 'object') break;
    for (const name of Object.getOwnPropertyNames(at)) parts.push(`${name}=${String(Reflect.get(at, name))}`);
    at = 'cause' in at ? at.cause : undefined;
  }
  return parts.join('\n');
}
