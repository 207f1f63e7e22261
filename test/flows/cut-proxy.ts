import net from 'node:net';

const OP_MSG = 2013;
export const WRITES = new Set(['insert', 'update', 'delete', 'findAndModify']);

/** A road to the store that ends at a chosen write, for good: what is behind it looks like a worker that was killed there. */
export interface CutProxy {
  readonly uri: string;
  /** Resolves when the road has ended. */
  readonly cut: Promise<void>;
  /** Writes that went through. */
  writes(): number;
  close(): Promise<void>;
}

/**
 * @param at the write that is cut, counted from 1; `Infinity` = none
 * @param mode `before` = it never arrives; `after` = it is applied and its answer is lost
 */
export async function openCutProxy(
  socketPath: string,
  database: string,
  at: number,
  mode: 'before' | 'after',
): Promise<CutProxy> {
  const sockets = new Set<net.Socket>();
  let seen = 0;
  let ended = false;
  let tell: () => void = () => undefined;
  const cut = new Promise<void>((resolve) => {
    tell = resolve;
  });

  function end(): void {
    ended = true;
    for (const socket of sockets) socket.destroy();
    server.close();
    tell();
  }

  const server = net.createServer((client) => {
    if (ended) {
      client.destroy();
      return;
    }
    const upstream = net.connect(socketPath);
    let losing = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    eachMessage(client, (message) => {
      if (ended) return;
      if (WRITES.has(commandOf(message))) {
        seen += 1;
        if (seen === at && mode === 'before') {
          end();
          return;
        }
        if (seen === at) losing = true;
      }
      upstream.write(message);
    });
    eachMessage(upstream, (message) => {
      if (losing) end();
      else client.write(message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    uri: `mongodb://127.0.0.1:${port}/${database}?directConnection=true`,
    cut,
    writes: () => seen,
    async close() {
      if (!ended) end();
    },
  };
}

/** Calls for each whole message of MongoDB's wire protocol: a little-endian length, which counts itself, and the rest. */
export function eachMessage(socket: net.Socket, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      take(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

/** The command's name: the first key of the body document of an OP_MSG. */
export function commandOf(message: Buffer): string {
  if (message.readInt32LE(12) !== OP_MSG) return '';
  // Header 16, flags 4, section kind 1, document length 4, element type 1: then the key up to its NUL.
  const from = 26;
  return message.toString('utf8', from, message.indexOf(0, from));
}
