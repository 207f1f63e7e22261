import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../domain/ports.ts';
import { systemClock, systemRandom } from '../system/clock.ts';
import { silentLog } from '../system/log.ts';
import { openEmbedded } from './embedded/index.ts';
import { openStore, type Store } from './open-store.ts';

export const TEST_MASTER_KEY = new Uint8Array(32).fill(7);

/** An embedded store in a folder of its own, and as many connections to it as a test has workers. */
export interface TestStore {
  readonly store: Store;
  readonly file: string;
  /** Another connection with tokens and caches of its own, as another process has it. */
  another(but?: { readonly masterKey?: Uint8Array; readonly clock?: Clock }): Promise<Store>;
  /** Empties every collection. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openTestStore(
  options: { readonly clock?: Clock; readonly purgeEveryMs?: number } = {},
): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-'));
  const file = join(folder, 'store.db');
  const { purgeEveryMs } = options;
  const server = await openEmbedded({ file, ...(purgeEveryMs === undefined ? {} : { purgeEveryMs }) });
  const stores: Store[] = [];
  const another: TestStore['another'] = async ({
    masterKey = TEST_MASTER_KEY,
    clock = options.clock ?? systemClock,
  } = {}) => {
    const store = await openStore({ uri: server.uri, masterKey, clock, random: systemRandom, log: silentLog });
    stores.push(store);
    return store;
  };
  const store = await another();
  return {
    store,
    file,
    another,
    async clear() {
      const { ...collections } = store.collections;
      for (const collection of Object.values(collections)) await collection.deleteMany({});
    },
    async close() {
      for (const each of stores) await each.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
