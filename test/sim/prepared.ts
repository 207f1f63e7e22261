import type { Document } from 'bson';
import { openStore } from '../../src/store/open-store.ts';
import { silentLog } from '../../src/system/log.ts';
import { linkStore } from './driver.ts';
import { MemoryEngine } from './memory-engine.ts';
import type { Snapshot } from './memory-storage.ts';

let prepared: Promise<Snapshot> | null = null;

/** A store with the product's collections and indexes and nothing in them, made by the product once in a process. */
export function preparedStore(): Promise<Snapshot> {
  prepared ??= prepare();
  return prepared;
}

async function prepare(): Promise<Snapshot> {
  const engine = new MemoryEngine({ now: () => 0, newObjectId: () => new Uint8Array(12) });
  await prepareOn((command) => engine.runDocument(command));
  return engine.snapshot();
}

/** Makes the product's collections and indexes on whatever runs commands. */
export async function prepareOn(run: (command: Document) => Document): Promise<void> {
  const uri = 'sim://prepared';
  linkStore(uri, { send: async (command) => run(command), onCommand: () => undefined });
  await openStore({
    uri,
    masterKey: new Uint8Array(32),
    clock: { now: () => 0, sleep: async () => undefined },
    random: { next: () => 0, bytes: (length) => new Uint8Array(length) },
    log: silentLog,
  });
}
