import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../domain/ports.ts';
import {
  bytesOf,
  readRequest,
  writeAnswer,
  writeHead,
  type ServedRequest,
  type StandInAnswer,
  type StandInRequest,
} from './exchange.ts';
import { FaultPlan, type PlannedFault } from './fault-plan.ts';
import { answerControl, CONTROL_PREFIX } from './stand-in-control.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';
import type { Told } from './told.ts';

export type { ServedRequest, StandInAnswer, StandInRequest } from './exchange.ts';

/** State that survives the stand-in's own restart: JSON, written whole. */
export interface StandInSnapshot {
  readonly file: string;
  take(): unknown;
  restore(saved: unknown): void;
}

export interface StandInOptions {
  /** For messages, e.g. `shopify harbour-us`. */
  readonly name: string;
  readonly clock: Clock;
  /** What the remote does with a request. What it throws is answered as status 500 and listed in `problems`. */
  answer(request: StandInRequest): StandInAnswer | Promise<StandInAnswer>;
  /** The vendor's own refusal inside a good status (GraphQL `THROTTLED`). */
  throttled?(request: StandInRequest): StandInAnswer;
  /** The stand-in's own truth as JSON, for tests: `GET /__stand-in/books`. */
  books?(): unknown;
  /** What we have told it, in the shape that all stand-ins share: `GET /__stand-in/told`. */
  told?(): Told;
  /** More that it can be told: `POST /__stand-in/do/<name>` with a JSON body. */
  readonly verbs?: Readonly<Record<string, (input: unknown) => unknown>>;
  readonly snapshot?: StandInSnapshot;
  /** Default 0 = any free port. */
  readonly port?: number;
  /** Called after `POST /__stand-in/stop` has closed the server, so that its own process may end. */
  stopped?(): void;
}

export interface StandIn {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  fail(fault: PlannedFault): void;
  clearFaults(): void;
  pendingFaults(): readonly PlannedFault[];
  /** The newest 10,000 requests, oldest first; the control endpoint's own are not among them. */
  requests(): readonly ServedRequest[];
  forgetRequests(): void;
  /** What went wrong in the stand-in itself. A test that leaves any has tested nothing. */
  problems(): readonly string[];
  /** Writes the snapshot now, whole or not at all. A state that must outlive a kill calls this after each write. */
  save(): Promise<void>;
  /** Writes the snapshot, cuts every connection and frees the port. A second call does nothing. */
  close(): Promise<void>;
}

const KEPT_REQUESTS = 10_000;
const DEFAULT_SLOW_MS = 5_000;

/** Starts a real HTTP server on loopback that stands in for a remote. @throws when the port is taken. */
export async function openStandIn(options: StandInOptions): Promise<StandIn> {
  const plan = new FaultPlan();
  const problems: string[] = [];
  const closing = new AbortController();
  let log: ServedRequest[] = [];
  let counted = 0;

  if (options.snapshot) {
    const saved = await readSnapshot(options.snapshot.file);
    if (saved !== undefined) options.snapshot.restore(saved);
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((cause: unknown) => {
      if (!incoming.destroyed && !closing.signal.aborted) problems.push(String(cause));
      outgoing.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, ++counted, options.clock.now());
    if (request.path.startsWith(CONTROL_PREFIX)) {
      counted -= 1;
      const answer = await answerControl(request, {
        standIn,
        books: options.books,
        told: options.told,
        verbs: options.verbs ?? {},
      });
      writeAnswer(outgoing, answer);
      if (request.path === `${CONTROL_PREFIX}stop`)
        outgoing.once('finish', () => void standIn.close().then(options.stopped));
      return;
    }
    const fault = plan.next(request);
    const status = fault ? await misbehave(fault, request, outgoing) : writeAnswer(outgoing, await answered(request));
    log.push({
      number: request.number,
      at: request.at,
      method: request.method,
      path: request.path,
      bytes: request.body.byteLength,
      status,
      fault: fault?.kind ?? null,
    });
    if (log.length > KEPT_REQUESTS * 2) log = log.slice(-KEPT_REQUESTS);
  }

  async function answered(request: StandInRequest): Promise<StandInAnswer> {
    try {
      return await options.answer(request);
    } catch (cause) {
      problems.push(`${request.method} ${request.path}: ${String(cause)}`);
      return { status: 500, body: JSON.stringify({ standIn: String(cause) }) };
    }
  }

  /** Returns the status that the caller saw, 0 for none. */
  async function misbehave(fault: PlannedFault, request: StandInRequest, outgoing: ServerResponse): Promise<number> {
    switch (fault.kind) {
      case '401':
        return writeAnswer(outgoing, { status: 401, body: '{"errors":"told to refuse the credentials"}' });
      case 'throttled':
        if (options.throttled) return writeAnswer(outgoing, options.throttled(request));
        return writeAnswer(outgoing, tooMany(fault));
      case '429':
        return writeAnswer(outgoing, tooMany(fault));
      case '5xx':
        return writeAnswer(outgoing, { status: fault.status ?? 502, body: '{"errors":"told to fail"}' });
      case 'timeout':
        return 0;
      case 'timeout-after-apply':
        await answered(request);
        return 0;
      case 'cut-before-apply':
        outgoing.destroy();
        return 0;
      case 'cut-after-apply':
        await answered(request);
        outgoing.destroy();
        return 0;
      case 'malformed': {
        const answer = await answered(request);
        const bytes = bytesOf(answer);
        return writeAnswer(outgoing, { ...answer, body: bytes.subarray(0, Math.max(1, bytes.byteLength >> 1)) });
      }
      case 'slow': {
        const answer = await answered(request);
        const bytes = bytesOf(answer);
        const status = writeHead(outgoing, answer, bytes.byteLength);
        outgoing.write(bytes.subarray(0, bytes.byteLength >> 1));
        // Not awaited: the log line belongs to the moment of the answer, and the caller may be gone by then.
        options.clock.sleep(fault.ms ?? DEFAULT_SLOW_MS, closing.signal).then(
          () => outgoing.end(bytes.subarray(bytes.byteLength >> 1)),
          () => outgoing.destroy(),
        );
        return status;
      }
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  let closed: Promise<void> | null = null;

  const standIn: StandIn = {
    url: `http://127.0.0.1:${port}`,
    port,
    fail: (fault) => plan.add(fault),
    clearFaults: () => plan.clear(),
    pendingFaults: () => plan.pending(),
    requests: () => log.slice(-KEPT_REQUESTS),
    forgetRequests: () => {
      log = [];
    },
    problems: () => problems,
    save: async () => {
      if (options.snapshot) await writeSnapshot(options.snapshot.file, options.snapshot.take());
    },
    close: () =>
      (closed ??= (async () => {
        closing.abort(new Error(`${options.name} was closed`));
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        await standIn.save();
      })()),
  };
  return standIn;
}

function tooMany(fault: PlannedFault): StandInAnswer {
  return {
    status: 429,
    headers: { 'retry-after': String(fault.retryAfterS ?? 1) },
    body: '{"errors":"told to throttle"}',
  };
}
