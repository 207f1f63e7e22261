import { join } from 'node:path';
import type { Store } from '../../src/store/open-store.ts';
import { startFarRemotes, type FarRemotes } from './far-remotes.ts';
import { startProcess, type Process } from './processes.ts';
import { openRemoteRoad, type RemoteRoad } from './remote-road.ts';
import { openStoreRoad, type StoreRoad } from './store-road.ts';

const STORE_HOST = join(import.meta.dirname, '../flows/store-host.ts');
const PRODUCT = join(import.meta.dirname, '../../src/main.ts');
const DATABASE = 'crossdock';

/** Everything that runs, each in a process of its own, and the roads between them. */
export interface Stage {
  readonly remotes: FarRemotes;
  readonly remoteRoads: ReadonlyMap<string, RemoteRoad>;
  readonly storeRoads: readonly StoreRoad[];
  /** Past every road. */
  readonly store: Store;
  readonly storeUri: string;
  /** Starts a worker as `npm start` does, over its own road. */
  startWorker(worker: number): Process;
  storeProcess(): Process;
  startStore(): Promise<Process>;
  close(): Promise<void>;
}

export interface StageSettings {
  readonly seed: string;
  /** Orders that the shops have when it begins. */
  readonly orders: number;
  readonly workers: number;
  /** A folder for the logs of every process. */
  readonly logs: string;
  onJobEnd(): void;
}

export async function openStage({ seed, orders, workers, logs, onJobEnd }: StageSettings): Promise<Stage> {
  let uri = '';
  const remotes = await startFarRemotes({ seed, orders, log: join(logs, 'remotes.log') }, () => uri);
  let storeProcess: Process;
  async function startStore(): Promise<Process> {
    storeProcess = startProcess([STORE_HOST, remotes.storeFile], { log: join(logs, 'store.log') });
    uri = await storeProcess.line('mongodb://');
    return storeProcess;
  }
  storeProcess = await startStore();
  const { store } = await remotes.openStore();
  const remoteRoads = new Map<string, RemoteRoad>();
  for (const id of remotes.ids) remoteRoads.set(id, await openRemoteRoad(remotes.connectorOf(id), remotes.address(id)));
  remotes.configure(({ connections }) => {
    for (const connection of connections) connection['baseUrl'] = remoteRoads.get(connection.id)?.url;
  });
  const storeRoads: StoreRoad[] = [];
  for (let worker = 0; worker < workers; worker += 1)
    storeRoads.push(await openStoreRoad(socketOf(uri), DATABASE, onJobEnd));
  return {
    remotes,
    remoteRoads,
    storeRoads,
    store,
    storeUri: uri,
    startWorker: (worker) =>
      startProcess([PRODUCT, '--config', remotes.config], {
        log: join(logs, `worker-${worker + 1}.log`),
        env: { MONGODB_URI: storeRoads[worker]?.uri ?? '' },
      }),
    storeProcess: () => storeProcess,
    startStore,
    async close() {
      await store.close().catch(() => undefined);
      for (const road of [...storeRoads, ...remoteRoads.values()]) await road.close();
      storeProcess.send('SIGTERM');
      await storeProcess.ended;
      await remotes.close();
    },
  };
}

/** The Unix socket in an address as the embedded store gives it. */
function socketOf(uri: string): string {
  return decodeURIComponent(/^mongodb:\/\/([^/]+)\//.exec(uri)?.[1] ?? '');
}
