import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { SyncError } from './domain/errors.ts';
import type { ConnectionId } from './domain/ids.ts';
import type { Instant } from './domain/time.ts';

/** A connection whose remote is a stand-in that is started along with the worker. */
export interface Sandboxed {
  readonly id: ConnectionId;
  readonly connector: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Starts the stand-ins of these connections in a process of their own and tells where each listens. They end with this
 * process, or when what is pushed to `closing` is called.
 * @throws SyncError `config` where they end before they are ready
 */
export async function startSandbox(
  connections: readonly Sandboxed[],
  { today, folder }: { readonly today: Instant; readonly folder: string },
  closing: (() => Promise<void>)[],
): Promise<Map<ConnectionId, string>> {
  if (connections.length === 0) return new Map();
  const child = fork(join(import.meta.dirname, 'sandbox-host.ts'), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  closing.push(() => stopped(child));
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(new Map(Object.entries(addressesIn(message)))));
    child.once('exit', (code) => {
      reject(
        new SyncError('config', `The sandbox's stand-ins ended with code ${String(code)} before they were ready.`, {
          remedy: 'Their message stands above. Remove the sandbox snapshot beside the store to begin afresh.',
        }),
      );
    });
    child.send({
      today,
      folder,
      connections: connections.map(({ id, connector, input }) => ({ id, connector, input })),
    });
  });
}

function addressesIn(message: unknown): Record<string, string> {
  const addresses: Record<string, string> = {};
  if (typeof message !== 'object' || message === null) return addresses;
  for (const [id, address] of Object.entries(message)) if (typeof address === 'string') addresses[id] = address;
  return addresses;
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.disconnect();
  const late = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(late);
}
