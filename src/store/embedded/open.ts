/** Opening the store in a process: as its server where nobody serves the file yet, else as a client that can take over. */
import { createConnection } from 'node:net';
import { Worker } from 'node:worker_threads';
import { EmbeddedStoreError, reasonOf } from './failure.ts';
import type { Lock } from './serve/lock.ts';
import { tryLock } from './serve/lock.ts';
import type { FromServer, ServeOptions } from './serve/messages.ts';
import { givenSocketPath, realFile, socketPathFor } from './serve/socket-path.ts';

export interface EmbeddedOptions {
  /** Path of the SQLite file; its directory must exist. */
  readonly file: string;
  /** Path of the Unix socket, ending in `.sock`; by default beside the file, in a directory of mode 0700. */
  readonly socket?: string;
  /** Listens on this loopback port instead of a socket. Any user of the machine can then reach the store. */
  readonly tcpPort?: number;
  /** The database named in `uri`; `crossdock` by default. */
  readonly database?: string;
  /** An upper bound of the file in pages of 4096 bytes; past it writes fail as on a full disk. */
  readonly maxPages?: number;
  /** How often expired documents are deleted; every 30 s by default. */
  readonly purgeEveryMs?: number;
  /** The server in this process has ended without `close`: the store is no longer served from here. */
  readonly onExit?: (error: Error) => void;
}

export interface Embedded {
  /** For mongoose and the driver; the same in every process that opens the file. */
  readonly uri: string;
  /** `server` while this process serves the file, `client` while another one does. */
  readonly role: 'server' | 'client';
  /** Answers what was taken, puts it on the disk and frees the file. Another process then serves it. */
  close(): Promise<void>;
}

const TAKEOVER_EVERY_MS = 150;
const START_WITHIN_MS = 15_000;

/**
 * Opens the store. Of several processes that open one file exactly one serves it; when it dies, another takes over on
 * the same socket within about half a second, and drivers reconnect by themselves (reads are repeated by the driver,
 * a write that was cut off is the caller's to repeat).
 * @throws EmbeddedStoreError when the file, its lock or the socket cannot be used.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const opened = new Opened(options);
  await opened.start();
  return opened;
}

class Opened implements Embedded {
  readonly #file: string;
  readonly #serve: ServeOptions;
  readonly #database: string;
  readonly #onExit: (error: Error) => void;
  #worker: Worker | null = null;
  #lock: Lock | null = null;
  #timer: NodeJS.Timeout | null = null;
  #port: number | null;
  #closed = false;

  constructor(options: EmbeddedOptions) {
    this.#file = options.file === ':memory:' ? options.file : realFile(options.file);
    const tcpPort = options.tcpPort ?? null;
    if (this.#file === ':memory:' && tcpPort === null && options.socket === undefined)
      throw new EmbeddedStoreError('A store in memory has no directory for its socket: give `socket` or `tcpPort`.');
    const socket =
      tcpPort !== null
        ? null
        : options.socket === undefined
          ? socketPathFor(this.#file)
          : givenSocketPath(options.socket);
    this.#serve = {
      file: this.#file,
      socket,
      tcpPort,
      maxPages: options.maxPages ?? null,
      purgeEveryMs: options.purgeEveryMs ?? 30_000,
    };
    this.#database = options.database ?? 'crossdock';
    this.#port = tcpPort;
    this.#onExit =
      options.onExit ??
      ((error) => {
        throw error;
      });
  }

  get role(): 'server' | 'client' {
    return this.#worker === null ? 'client' : 'server';
  }

  get uri(): string {
    const host = this.#serve.socket === null ? `127.0.0.1:${this.#port ?? 0}` : encodeURIComponent(this.#serve.socket);
    return `mongodb://${host}/${this.#database}?directConnection=true`;
  }

  /** Becomes the server, or waits until the present one answers. */
  async start(): Promise<void> {
    for (let waited = 0; waited < START_WITHIN_MS; waited += TAKEOVER_EVERY_MS) {
      if (await this.#tryServe()) return;
      if (await this.#answers()) {
        this.#watch();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, TAKEOVER_EVERY_MS));
    }
    throw new EmbeddedStoreError(
      `The store file ${this.#file} is held by a process that does not answer on ${this.#serve.socket ?? `port ${this.#port ?? 0}`}. Stop that process, or use the socket or port that it was started with.`,
    );
  }

  async #tryServe(): Promise<boolean> {
    if (this.#file !== ':memory:') {
      this.#lock = tryLock(this.#file);
      if (this.#lock === null) return false;
    }
    try {
      await this.#startThread();
      return true;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  #release(): void {
    this.#lock?.release();
    this.#lock = null;
  }

  #startThread(): Promise<void> {
    const url = new URL(
      import.meta.url.endsWith('.ts') ? './serve/server-thread.ts' : './serve/server-thread.js',
      import.meta.url,
    );
    const worker = new Worker(url, { workerData: this.#serve });
    return new Promise((resolve, reject) => {
      let started = false;
      const fail = (error: Error): void => {
        this.#worker = null;
        if (!started) reject(error);
        else if (!this.#closed) {
          this.#release();
          this.#onExit(error);
        }
      };
      worker.on('message', (message: FromServer) => {
        if (message.kind === 'failed') fail(new EmbeddedStoreError(message.message));
        if (message.kind !== 'listening') return;
        started = true;
        this.#worker = worker;
        this.#port = message.port;
        // A program that has nothing else to do may end; the store does not hold it.
        worker.unref();
        resolve();
      });
      worker.on('error', (error: unknown) => {
        fail(new EmbeddedStoreError(`The store's server thread ended: ${reasonOf(error)}`, error));
      });
      worker.on('exit', (code) => {
        if (!started || this.#worker === worker)
          fail(new EmbeddedStoreError(`The store's server thread ended with code ${code}.`));
      });
    });
  }

  #answers(): Promise<boolean> {
    const { socket } = this.#serve;
    return new Promise((resolve) => {
      const connection =
        socket === null
          ? createConnection({ port: this.#port ?? 0, host: '127.0.0.1' })
          : createConnection({ path: socket });
      const done = (answered: boolean): void => {
        connection.destroy();
        resolve(answered);
      };
      connection.once('connect', () => {
        done(true);
      });
      connection.once('error', () => {
        done(false);
      });
    });
  }

  /** Tries for the lock until it is free: then the server has gone, and this process takes its place. */
  #watch(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#tryServe().then(
        (serves) => {
          if (!serves && !this.#closed) this.#watch();
        },
        (error: unknown) => {
          if (!this.#closed)
            this.#onExit(error instanceof EmbeddedStoreError ? error : new EmbeddedStoreError(reasonOf(error), error));
        },
      );
    }, TAKEOVER_EVERY_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker !== null) {
      worker.ref();
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage('close');
      await ended;
      this.#worker = null;
    }
    this.#release();
  }
}
