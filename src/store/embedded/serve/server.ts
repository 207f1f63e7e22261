/** Connections, group commit, and the way to the reading thread. Runs inside the server thread. */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { chmodSync, rmSync } from 'node:fs';
import { EmbeddedStoreError } from '../failure.ts';
import type { CommandFailure } from '../failure.ts';
import type { Engine } from '../engine.ts';
import { failureReply } from '../engine.ts';
import type { Message } from './wire.ts';
import { Framing, commandName, parseMessage, replyHeader } from './wire.ts';

/** Runs a read elsewhere and calls back with the reply. */
export type ReadElsewhere = (body: Uint8Array, done: (reply: Uint8Array) => void) => void;

interface Waiting {
  readonly socket: Socket;
  readonly message: Message;
  readonly reply: Uint8Array;
}

/** Commands about cursors, which live on the reading thread, and those that read the whole file. */
const ALWAYS_ELSEWHERE = new Set([
  'getMore',
  'killCursors',
  'crossdockBackup',
  'collStats',
  'dbStats',
  'listDatabases',
]);

/** Serves one engine on one listening socket. */
export class Serving {
  readonly #engine: Engine;
  readonly #elsewhere: ReadElsewhere | null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Replies that must not be seen before the open transaction is on the disk. */
  #waiting: Waiting[] = [];
  #commitPlanned = false;
  #replyId = 0;
  #closing = false;

  constructor(engine: Engine, elsewhere: ReadElsewhere | null) {
    this.#engine = engine;
    this.#elsewhere = elsewhere;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#accept(socket);
    });
  }

  /** @returns the TCP port, or null on a Unix socket. @throws EmbeddedStoreError when the address cannot be used. */
  listen(at: { readonly socket: string } | { readonly port: number }): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const where = 'socket' in at ? at.socket : `127.0.0.1:${at.port}`;
      this.#server.once('error', (error) => {
        reject(
          new EmbeddedStoreError(
            `The store cannot listen on ${where} (${error.message}). Choose another socket or port, or check the directory's permissions.`,
            error,
          ),
        );
      });
      const listening = (): void => {
        const address = this.#server.address();
        if ('socket' in at) chmodSync(at.socket, 0o600);
        resolve(typeof address === 'object' && address !== null ? address.port : null);
      };
      if ('socket' in at) {
        // The lock says that nobody else serves this file, so a socket that is left there is a dead one's.
        rmSync(at.socket, { force: true });
        this.#server.listen({ path: at.socket }, listening);
      } else this.#server.listen({ port: at.port, host: '127.0.0.1' }, listening);
    });
  }

  #accept(socket: Socket): void {
    const framing = new Framing();
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const bytes of framing.push(chunk)) this.#take(socket, parseMessage(bytes));
      } catch {
        // What cannot be read as the protocol has no request to answer.
        socket.destroy();
      }
    });
  }

  #take(socket: Socket, message: Message): void {
    if (this.#elsewhere !== null && ALWAYS_ELSEWHERE.has(commandName(message.body))) {
      this.#delegate(this.#elsewhere, socket, message);
      return;
    }
    const reply = this.#engine.run(message.body, message.sequences, (failure) => {
      this.#answerWaiting(failure);
    }, message.db); // prettier-ignore
    if (reply === null) {
      if (this.#elsewhere !== null) this.#delegate(this.#elsewhere, socket, message);
    } else if (this.#engine.dirty) {
      // A read may have seen what is not committed yet, so it waits as well.
      this.#waiting.push({ socket, message, reply });
      this.#planCommit();
    } else this.#send(socket, message, reply);
  }

  #delegate(elsewhere: ReadElsewhere, socket: Socket, message: Message): void {
    elsewhere(message.body, (reply) => {
      this.#send(socket, message, reply);
    });
  }

  /** One commit for everything that came in this turn of the event loop. */
  #planCommit(): void {
    if (this.#commitPlanned) return;
    this.#commitPlanned = true;
    setImmediate(() => {
      this.commit();
    });
  }

  /** Puts the open transaction on the disk and lets the replies go. */
  commit(): void {
    this.#commitPlanned = false;
    this.#answerWaiting(this.#engine.commit());
  }

  #answerWaiting(failure: CommandFailure | null): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const instead = failure === null ? null : failureReply(failure);
    for (const { socket, message, reply } of waiting) this.#send(socket, message, instead ?? reply);
  }

  #send(socket: Socket, message: Message, reply: Uint8Array): void {
    if (message.silent || socket.destroyed) return;
    this.#replyId = (this.#replyId + 1) & 0x7fffffff;
    socket.cork();
    socket.write(replyHeader(message, reply.length, this.#replyId));
    socket.write(reply);
    socket.uncork();
    if (this.#closing) socket.end();
  }

  /** Answers what was taken, then ends every connection. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.commit();
    for (const socket of this.#sockets) socket.end(() => socket.destroy());
    await closed;
  }
}
