import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openApp } from '../../app.ts';
import { SyncError } from '../../domain/errors.ts';
import { silentLog } from '../../system/log.ts';
import { EmbeddedStoreError, openEmbedded, restore as restoreFile } from '../../store/embedded/index.ts';
import { noteRestore } from '../../store/note-restore.ts';
import { systemClock } from '../../system/clock.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import type { Command } from '../command.ts';

export const restore: Command = {
  name: 'restore',
  about: 'put a backup in the place of the embedded store; the store it replaces is kept beside it',
  operands: ['<file>'],
  options: {},
  examples: ['crossdock restore /var/backups/crossdock-monday.db'],
  async run(call) {
    const [name = ''] = call.operands;
    const from = resolve(name);
    const { uri, file } = await storeOf(call.configFile);
    if (uri !== null) {
      throw new UsageError(
        'The store is a MongoDB. Restore it with its own tool, for example: mongorestore --uri "$MONGODB_URI" --archive=crossdock.archive',
      );
    }
    let replaced: string | null;
    try {
      replaced = restoreFile(from, file);
    } catch (thrown) {
      if (!(thrown instanceof EmbeddedStoreError)) throw thrown;
      // Nothing is away: the store is in use, or the backup cannot be used.
      throw new SyncError('data', thrown.message, {
        code: 'restore-refused',
        remedy: 'Nothing was changed.',
        cause: thrown,
      });
    }
    // What was sent since the backup this store does not know: it is looked up before anything is sent again.
    const server = await openEmbedded({ file });
    try {
      await noteRestore(server.uri, systemClock.now());
    } finally {
      await server.close();
    }
    const keyThere = existsSync(`${file}.key`);
    call.answer({ restored: from, file: resolve(file), replaced, keyThere }, () => [
      `${file} is now what ${from} holds.`,
      ...(replaced === null ? [] : [`What it was before is kept as ${replaced}.`]),
      'What was sent to remotes since the backup is looked up there before anything older than now is sent again.',
      ...(keyThere
        ? []
        : [
            `Put the key that was kept with the backup to ${file}.key (mode 600) before anything is started, unless the configuration names vault.masterKey.`,
          ]),
    ]);
    return EXIT.ok;
  },
};

/** Where the configuration keeps the store. Only the wiring reads it, and opens a store with it: an empty one, so that a damaged one can be replaced. */
async function storeOf(configFile: string): Promise<{ uri: string | null; file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-'));
  try {
    const app = await openApp({ configFile, remotes: false, log: silentLog, storeFile: join(folder, 'empty.db') });
    await app.close();
    return app.config.store;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
