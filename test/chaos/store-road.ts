import net from 'node:net';
import { commandOf, eachMessage, WRITES } from '../flows/cut-proxy.ts';

/** What comes between one worker and the store: it can lose the answer of a write that was applied, and sees every job end. */
export interface StoreRoad {
  /** For `MONGODB_URI`. */
  readonly uri: string;
  /**
   * When the next write was applied, cuts every connection instead of letting its answer through, and calls back at that
   * moment. New connections are let through at once.
   */
  loseNextAnswer(then: () => void): void;
  /** Lets answers through again. @returns whether one was still to be lost */
  forgive(): boolean;
  close(): Promise<void>;
}

const REQUEST_ID = 4;
const RESPONSE_TO = 8;

/** @param onJobEnd called when the store has answered that a job was ended as done */
export async function openStoreRoad(socketPath: string, database: string, onJobEnd: () => void): Promise<StoreRoad> {
  const pairs = new Set<() => void>();
  let armed: (() => void) | null = null;

  const server = net.createServer((client) => {
    const upstream = net.connect(socketPath);
    const writes = new Set<number>();
    const endings = new Set<number>();
    const cut = (): void => {
      // A reset, as from a host that has died.
      client.resetAndDestroy();
      upstream.destroy();
      pairs.delete(cut);
    };
    pairs.add(cut);
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', cut);
    }
    eachMessage(client, (message) => {
      const command = commandOf(message);
      if (WRITES.has(command)) {
        writes.add(message.readInt32LE(REQUEST_ID));
        if (command === 'delete' && collectionOf(message) === 'jobs') endings.add(message.readInt32LE(REQUEST_ID));
      }
      upstream.write(message);
    });
    eachMessage(upstream, (message) => {
      const answered = message.readInt32LE(RESPONSE_TO);
      if (endings.delete(answered)) onJobEnd();
      if (writes.delete(answered) && armed !== null) {
        const then = armed;
        armed = null;
        then();
        for (const end of [...pairs]) end();
        return;
      }
      client.write(message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    uri: `mongodb://127.0.0.1:${port}/${database}?directConnection=true`,
    loseNextAnswer(then) {
      armed = then;
    },
    forgive() {
      const was = armed !== null;
      armed = null;
      return was;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const end of [...pairs]) end();
      await closed;
    },
  };
}

/** The collection that a command is about: the value of its first key, a string. */
function collectionOf(message: Buffer): string {
  const key = 26;
  const at = message.indexOf(0, key) + 1;
  return message.toString('utf8', at + 4, at + 4 + message.readInt32LE(at) - 1);
}
