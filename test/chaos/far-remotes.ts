import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { told } from '../../src/connector/sandbox/told.ts';
import { readMasterKey } from '../../src/store/master-key.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import type { Remotes } from '../flows/remotes.ts';
import { startProcess } from './processes.ts';

const announced = z.object({
  folder: z.string(),
  config: z.string(),
  storeFile: z.string(),
  addresses: z.record(z.string(), z.string()),
});
const content = z.looseObject({
  connections: z.array(
    z.looseObject({
      id: z.string(),
      connector: z.string(),
      mapping: z.string(),
      credentials: z.record(z.string(), z.unknown()),
      settings: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** The remotes of the sandbox's business in a process of their own, asked and told past every road. */
export interface FarRemotes extends Remotes {
  /** Which connector speaks with each remote. */
  connectorOf(id: string): string;
}

/** @param storeUri where the store is served; it is never served from here */
export async function startFarRemotes(
  { seed, orders, log }: { readonly seed: string; readonly orders: number; readonly log: string },
  storeUri: () => string,
): Promise<FarRemotes> {
  const host = startProcess([join(import.meta.dirname, 'remotes-process.ts'), seed, String(orders)], { log });
  const { folder, config, storeFile, addresses } = announced.parse(JSON.parse(await host.line('{')));
  const configuration = content.parse(parse(readFileSync(config, 'utf8')));
  const connectors = new Map(configuration.connections.map(({ id, connector }) => [id, connector]));

  async function call(connection: string, what: string, init: RequestInit = {}): Promise<unknown> {
    const answer = await fetch(`${address(connection)}/__stand-in/${what}`, init);
    if (!answer.ok) throw new Error(`${connection} does not ${what}: ${await answer.text()}`);
    return answer.json();
  }
  const address = (connection: string): string => {
    const found = addresses[connection];
    if (found === undefined) throw new Error(`there is no ${connection}`);
    return found;
  };
  return {
    folder,
    config,
    storeFile,
    ids: Object.keys(addresses),
    address,
    connectorOf: (id) => connectors.get(id) ?? '',
    ask: (connection, what) => call(connection, what),
    tell: (connection, what, input = null) => call(connection, what, { method: 'POST', body: JSON.stringify(input) }),
    told: async (connection) => told.parse(await call(connection, 'told')),
    configure(change) {
      change(configuration);
      writeFileSync(config, stringify(configuration));
    },
    async openStore() {
      const store = await connect(storeUri(), storeFile);
      return { store, close: () => store.close() };
    },
    async close() {
      host.send('SIGTERM');
      await host.ended;
    },
  };
}

/** The store as a person's command would open it: with the key beside its file, which is made where there is none. */
function connect(uri: string, storeFile: string): Promise<Store> {
  return openStore({
    uri,
    masterKey: readMasterKey({ file: `${storeFile}.key` }, systemRandom),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
}
