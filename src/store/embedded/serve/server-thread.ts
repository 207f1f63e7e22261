/** The server thread: one engine, one listening socket, one reading thread that starts when it is first needed. */
import { parentPort, workerData, Worker } from 'node:worker_threads';
import { EmbeddedStoreError } from '../failure.ts';
import { Engine } from '../engine.ts';
import type { FromReader, FromServer, ServeOptions, ToReader } from './messages.ts';
import type { ReadElsewhere } from './server.ts';
import { Serving } from './server.ts';

/** How many documents a read may look at on the writing thread: about two milliseconds' worth. */
const READ_BUDGET = 1500;

class Reader {
  readonly #file: string;
  readonly #waiting = new Map<number, (reply: Uint8Array) => void>();
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(file: string) {
    this.#file = file;
  }

  readonly read: ReadElsewhere = (body, done) => {
    const id = ++this.#lastId;
    this.#waiting.set(id, done);
    const message: ToReader = { id, body: body.slice() };
    this.#started().postMessage(message);
  };

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(
      new URL(import.meta.url.endsWith('.ts') ? './reader-thread.ts' : './reader-thread.js', import.meta.url),
      {
        workerData: { file: this.#file },
      },
    );
    worker.on('message', ({ id, reply }: FromReader) => {
      const done = this.#waiting.get(id);
      this.#waiting.delete(id);
      done?.(reply);
    });
    worker.on('error', (error) => {
      throw error;
    });
    this.#worker = worker;
    return worker;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage('close');
    await ended;
  }
}

async function start(port: NonNullable<typeof parentPort>, options: ServeOptions): Promise<void> {
  const tell = (message: FromServer): void => {
    port.postMessage(message);
  };
  const inMemory = options.file === ':memory:';
  let engine: Engine;
  let serving: Serving;
  const reader = inMemory ? null : new Reader(options.file);
  try {
    engine = new Engine({
      file: options.file,
      now: () => Date.now(),
      ...(options.maxPages === null ? {} : { maxPages: options.maxPages }),
      ...(inMemory ? {} : { readBudget: READ_BUDGET }),
    });
    serving = new Serving(engine, reader?.read ?? null);
    const listening = await serving.listen(
      options.socket === null ? { port: options.tcpPort ?? 0 } : { socket: options.socket },
    );
    tell({ kind: 'listening', port: listening });
  } catch (error) {
    if (!(error instanceof EmbeddedStoreError)) throw error;
    tell({ kind: 'failed', message: error.message });
    port.close();
    return;
  }
  const purging = setInterval(() => {
    purgeSteps(engine, serving);
  }, options.purgeEveryMs);
  port.on('message', (message: unknown) => {
    if (message !== 'close') return;
    clearInterval(purging);
    void serving
      .close()
      .then(() => reader?.close())
      .then(() => {
        engine.close();
        tell({ kind: 'closed' });
        port.close();
      });
  });
}

/** Deletes what has expired in steps with a commit each, so that other commands come between. */
function purgeSteps(engine: Engine, serving: Serving): void {
  serving.commit();
  const purged = engine.purge();
  serving.commit();
  if (purged > 0) setImmediate(() => { purgeSteps(engine, serving); }); // prettier-ignore
}

function isServeOptions(value: unknown): value is ServeOptions {
  return (
    typeof value === 'object' &&
    value !== null &&
    'file' in value &&
    'socket' in value &&
    'tcpPort' in value &&
    'purgeEveryMs' in value
  );
}

const data: unknown = workerData;
if (parentPort !== null && isServeOptions(data)) await start(parentPort, data);
