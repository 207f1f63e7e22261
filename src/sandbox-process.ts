import { fork } from 'node:child_process';
import { join } from 'node:path';
import { SyncError } from './domain/errors.ts';
import type { ConnectionId } from './domain/ids.ts';
import type { Instant } from './domain/time.ts';
import { holdStandIns } from './sandbox-lifeline.ts';

/** A connection whose remote is a stand-in that is started along with the worker. */
export interface Sandboxed {
  readonly id: ConnectionId;
  readonly connector: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface SandboxPlace {
  readonly today: Instant;
  /** Where the stand-ins keep what they hold. All processes that work on one folder share one set of stand-ins. */
  readonly folder: string;
}

/**
 * Tells where the stand-ins of these connections listen: those that another process has started for the same folder, else
 * some that are started in a process of their own. They end with the last process that holds them; this one lets go when
 * it ends, or when what is pushed to `closing` is called.
 * @throws SyncError `config` where they end before they are ready
 */
export async function startSandbox(
  connections: readonly Sandboxed[],
  place: SandboxPlace,
  closing: (() => Promise<void>)[],
): Promise<Map<ConnectionId, string>> {
  if (connections.length === 0) return new Map();
  const ids = connections.map(({ id }) => id);
  let held = await holdStandIns(place.folder, ids);
  if (held === null) {
    await startHost(connections, place);
    held = await holdStandIns(place.folder, ids);
  }
  if (held === null) throw refused('cannot be reached, though they are ready.');
  const { addresses, letGo } = held;
  closing.push(letGo);
  return new Map(ids.map((id) => [id, addresses[id] ?? '']));
}

/** Starts the process of the stand-ins; resolves when they can be held. */
async function startHost(connections: readonly Sandboxed[], { today, folder }: SandboxPlace): Promise<void> {
  const child = fork(join(import.meta.dirname, 'sandbox-host.ts'), [], {
    // Nothing of the terminal: a reader of our output would wait for it as long as others hold the stand-ins.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // Nor a Ctrl-C that is meant for us: the last that ends ends them.
    detached: true,
  });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => void (said += text.toString()));
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('close', (code) => {
      reject(refused(`ended with code ${String(code)} before they were ready: ${said.trim()}`));
    });
    child.send({
      today,
      folder,
      connections: connections.map(({ id, connector, input }) => ({ id, connector, input })),
    });
  });
  child.disconnect();
  child.stderr?.destroy();
  child.unref();
}

function refused(how: string): SyncError {
  return new SyncError('config', `The sandbox's stand-ins ${how}`, {
    remedy: 'Remove the folder sandbox beside the store to begin afresh.',
  });
}
