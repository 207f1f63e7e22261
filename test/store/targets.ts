/** What the conformance suite runs on: the embedded server always, and the engine at TEST_MONGODB_URI when it is named. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../../src/store/embedded/index.ts';

export interface Target {
  readonly name: string;
  open(): Promise<{ readonly uri: string; close(): Promise<void> }>;
}

const external = process.env['TEST_MONGODB_URI'];
if (external === undefined) console.log('skipped: no TEST_MONGODB_URI, so the suite runs on the embedded store alone');

const embedded: Target = {
  name: 'the embedded store',
  async open() {
    const dir = mkdtempSync(join(tmpdir(), 'crossdock-store-'));
    const store = await openEmbedded({ file: join(dir, 'store.db') });
    return {
      uri: store.uri,
      async close() {
        await store.close();
        rmSync(dir, { recursive: true, force: true });
      },
    };
  },
};

export const TARGETS: readonly Target[] = [
  embedded,
  ...(external === undefined
    ? []
    : [
        {
          name: 'the engine at TEST_MONGODB_URI',
          open: () => Promise.resolve({ uri: external, close: () => Promise.resolve() }),
        },
      ]),
];
