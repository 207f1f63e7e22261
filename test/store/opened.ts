/** Stores that a test opens, and their end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Embedded, EmbeddedOptions } from '../../src/store/embedded/index.ts';
import { openEmbedded } from '../../src/store/embedded/index.ts';

/** What must be undone, the last first. */
export const cleanups: (() => unknown)[] = [];
export async function cleanUp(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean();
}

export function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'crossdock-open-'));
  cleanups.push(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

export async function open(file: string, options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const store = await openEmbedded({ file, ...options });
  cleanups.push(() => store.close());
  return store;
}

export async function connect(store: Embedded): Promise<MongoClient> {
  const client = await new MongoClient(store.uri, { serverSelectionTimeoutMS: 10_000 }).connect();
  cleanups.push(() => client.close());
  return client;
}

export interface Doc {
  _id: number;
  n?: number;
  filler?: string;
}
