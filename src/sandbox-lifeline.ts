import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { writeSnapshot } from './connector/sandbox/snapshot.ts';
import type { Clock } from './domain/ports.ts';

/** Where the stand-ins of a folder listen, by connection. */
export type Addresses = Readonly<Record<string, string>>;

const hostFile = z.object({ port: z.int(), addresses: z.record(z.string(), z.string()) });
/** Within this whoever had them started must have taken hold of them. */
const NOBODY_MS = 10_000;
/** They save what they hold; one that does not end by then is not waited for. */
const LAST_MS = 3_000;

function fileIn(folder: string): string {
  return join(folder, 'host.json');
}

/**
 * Offers the stand-ins to every process that works on the same folder, and calls `over` when the last of them has gone, or
 * none has come: however one ends, its connection ends with it.
 */
export async function offerStandIns(
  folder: string,
  addresses: Addresses,
  clock: Clock,
  over: () => void,
): Promise<void> {
  const held = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    held.add(socket);
    const gone = (): void => {
      if (!held.delete(socket)) return;
      if (held.size === 0) over();
      else socket.end();
    };
    socket.on('error', () => undefined);
    socket.once('end', gone);
    socket.once('close', gone);
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The lifeline of the stand-ins has no port.');
  await writeSnapshot(fileIn(folder), { port: address.port, addresses });
  void clock.sleep(NOBODY_MS).then(() => {
    if (held.size === 0) over();
  });
}

/** Stand-ins that run, and go on running until whoever holds them lets go. */
export interface Held {
  readonly addresses: Addresses;
  /** Resolves when they have ended and saved what they hold, or when others hold them still. */
  letGo(): Promise<void>;
}

/** Null where none are running, or not all that are asked for. */
export async function holdStandIns(folder: string, wanted: readonly string[]): Promise<Held | null> {
  const known = hostIn(folder);
  if (known === null || !wanted.every((id) => known.addresses[id] !== undefined)) return null;
  const socket = createConnection({ host: '127.0.0.1', port: known.port });
  try {
    await once(socket, 'connect');
  } catch {
    return null;
  }
  // What ends it early shows where it matters: the remotes do not answer any more.
  socket.on('error', () => undefined);
  socket.resume();
  // A command that is done ends, also where nobody has let go.
  socket.unref();
  return {
    addresses: known.addresses,
    async letGo() {
      if (socket.closed) return;
      socket.ref();
      socket.setTimeout(LAST_MS, () => socket.destroy());
      const closed = once(socket, 'close');
      socket.end();
      await closed;
    },
  };
}

function hostIn(folder: string): z.output<typeof hostFile> | null {
  try {
    return hostFile.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')));
  } catch {
    // None was ever started, or its file is of another version.
    return null;
  }
}
