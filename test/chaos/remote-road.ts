import net from 'node:net';

/** What comes between all workers and one remote. */
export interface RemoteRoad {
  readonly url: string;
  /** When the next write was applied, cuts its connection instead of letting the answer through, and calls back. */
  loseNextAnswer(then: () => void): void;
  forgive(): boolean;
  /** From now on nobody reaches the remote, and what is under way is cut; until it is said to be back. */
  setAway(away: boolean): void;
  close(): Promise<void>;
}

/** Of a request no more is looked at: what makes it a write stands at its beginning. */
const LOOK_BYTES = 65_536;

/** @param url where the remote really listens */
export async function openRemoteRoad(connector: string, url: string): Promise<RemoteRoad> {
  const { hostname, port: upstreamPort } = new URL(url);
  const pairs = new Set<() => void>();
  let armed: (() => void) | null = null;
  let away = false;

  const server = net.createServer((client) => {
    if (away) {
      client.destroy();
      return;
    }
    const upstream = net.connect({ host: hostname, port: Number(upstreamPort) });
    let asked = '';
    let answering = false;
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
      pairs.delete(cut);
    };
    pairs.add(cut);
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', cut);
    }
    client.on('data', (chunk: Buffer) => {
      if (answering) asked = '';
      answering = false;
      if (asked.length < LOOK_BYTES) asked += chunk.toString('latin1');
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      // A remote answers when it has done what was asked.
      if (!answering && armed !== null && isWrite(connector, asked)) {
        const then = armed;
        armed = null;
        then();
        cut();
        return;
      }
      answering = true;
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    loseNextAnswer(then) {
      armed = then;
    },
    forgive() {
      const was = armed !== null;
      armed = null;
      return was;
    },
    setAway(now) {
      away = now;
      if (away) for (const cut of [...pairs]) cut();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const cut of [...pairs]) cut();
      await closed;
    },
  };
}

/** Whether a request changes something at a remote of this kind, by its method or by what it says. */
export function isWrite(connector: string, request: string): boolean {
  if (connector === 'shopify') return /"query":\s*"\s*mutation\b/.test(request);
  if (!/^(POST|PUT|PATCH|DELETE) /.test(request)) return false;
  // Over SOAP reading is a POST too.
  return connector !== 'netsuite' || !request.includes('SOAPAction') || /<(?:\w+:)?add[ >]/.test(request);
}
