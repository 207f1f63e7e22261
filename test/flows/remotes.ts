import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { standIns } from '../../connectors/index.ts';
import { sandboxCredential } from '../../src/connector/sandbox/credentials.ts';
import { told, type Told } from '../../src/connector/sandbox/told.ts';
import { readMasterKey } from '../../src/store/master-key.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { watch } from './children.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DAY_MS = 86_400_000;

const content = z.looseObject({
  connections: z.array(
    z.looseObject({
      id: z.string(),
      connector: z.string(),
      mapping: z.string(),
      credentials: z.record(z.string(), z.unknown()),
      settings: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});
type Content = z.output<typeof content>;

/** Every remote of the sandbox's business, served by the test itself so that they outlive every worker. */
export interface Remotes {
  readonly folder: string;
  /** Path of the configuration: the sandbox's own, with each remote's address. */
  readonly config: string;
  readonly storeFile: string;
  readonly ids: readonly string[];
  address(connection: string): string;
  /** `GET /__stand-in/<what>`. */
  ask(connection: string, what: string): Promise<unknown>;
  /** `POST /__stand-in/<what>`: `do/<verb>`, `faults`. */
  tell(connection: string, what: string, input?: unknown): Promise<unknown>;
  told(connection: string): Promise<Told>;
  /** Changes the configuration for the processes that are started from now on. */
  configure(edit: (configuration: Content) => void): void;
  /** The store as another process sees it, served by a process started for it. */
  openStore(): Promise<{ store: Store; close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface RemotesOptions {
  readonly seed?: string;
  /** Orders over both shops; default as the sandbox has. */
  readonly orders?: number;
  /** When the 3PLs ship; default = at once. */
  readonly ships?: 'at once' | 'when told';
  /** Changes the configuration before the remotes are started by it. */
  edit?(configuration: Content): void;
}

/** Starts a stand-in for every connection of config/sandbox.yaml and writes a configuration that names them. */
export async function openRemotes({
  seed = 'path',
  orders,
  ships = 'at once',
  edit,
}: RemotesOptions = {}): Promise<Remotes> {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-path-'));
  const today = Date.now() - (Date.now() % DAY_MS);
  const configuration = content.parse(parse(readFileSync(join(ROOT, 'config/sandbox.yaml'), 'utf8')));
  edit?.(configuration);
  const started = new Map<string, { url: string; close(): Promise<void> }>();
  for (const connection of configuration.connections) {
    const { id, connector, settings } = connection;
    const start = standIns[connector];
    if (start === undefined) throw new Error(`there is no stand-in of ${connector}`);
    const credentials = Object.fromEntries(
      Object.keys(connection.credentials).map((name) => [name, sandboxCredential(id, name)]),
    );
    const standIn = await start({
      connection: id,
      input: {
        ...settings,
        ...credentials,
        sandboxShips: ships,
        ...(orders !== undefined && { sandboxOrders: orders }),
      },
      seed,
      today,
      clock: systemClock,
    });
    started.set(id, standIn);
    connection['baseUrl'] = standIn.url;
    connection.mapping = resolve(ROOT, 'config', connection.mapping);
  }
  const storeFile = join(folder, 'store.db');
  Object.assign(configuration, {
    store: { file: storeFile },
    log: { level: 'info', format: 'json' },
    web: { port: 0 },
  });
  const config = join(folder, 'crossdock.yaml');
  const write = (): void => writeFileSync(config, stringify(configuration));
  write();

  const address = (connection: string): string => {
    const found = started.get(connection);
    if (found === undefined) throw new Error(`there is no ${connection}`);
    return found.url;
  };
  async function ask(connection: string, what: string): Promise<unknown> {
    const answer = await fetch(`${address(connection)}/__stand-in/${what}`);
    if (!answer.ok) throw new Error(`${connection} has no ${what}: ${await answer.text()}`);
    return answer.json();
  }
  return {
    folder,
    config,
    storeFile,
    ids: [...started.keys()],
    address,
    ask,
    async tell(connection, what, input = null) {
      const answer = await fetch(`${address(connection)}/__stand-in/${what}`, {
        method: 'POST',
        body: JSON.stringify(input),
      });
      if (!answer.ok) throw new Error(`${connection} cannot be told to ${what}: ${await answer.text()}`);
      return answer.json();
    },
    configure(change) {
      change(configuration);
      write();
    },
    told: async (connection) => told.parse(await ask(connection, 'told')),
    async openStore() {
      const host = watch([join(import.meta.dirname, 'store-host.ts'), storeFile]);
      const store = await openStore({
        uri: await host.line('mongodb://'),
        masterKey: readMasterKey({ file: `${storeFile}.key` }, systemRandom),
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
      });
      return {
        store,
        async close() {
          await store.close();
          host.kill('SIGTERM');
          await host.ended;
        },
      };
    },
    async close() {
      for (const { close } of started.values()) await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
