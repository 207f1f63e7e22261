import { resolve } from 'node:path';
import { backupStore } from '../../store/backup.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import type { Command } from '../command.ts';
import { withStore } from '../with-store.ts';

export const backup: Command = {
  name: 'backup',
  about: 'copy the embedded store to a new file, while workers go on',
  operands: ['<file>'],
  options: {},
  examples: ['crossdock backup /var/backups/crossdock-monday.db'],
  async run(call) {
    const [name = ''] = call.operands;
    const file = resolve(name);
    return withStore(call, async ({ store, config }) => {
      if (config.store.uri !== null) {
        throw new UsageError(
          'The store is a MongoDB. Back it up with its own tool, for example: mongodump --uri "$MONGODB_URI" --archive=crossdock.archive',
        );
      }
      await backupStore(store, file);
      const keyFile = config.vault.masterKey === null ? `${config.store.file}.key` : null;
      call.answer({ file, keyFile }, () => [
        `The store was copied to ${file}.`,
        ...(keyFile === null
          ? []
          : [
              `Keep ${keyFile} as well, and apart from it: without that key nobody can read personal data and raw records in the copy.`,
            ]),
      ]);
      return EXIT.ok;
    });
  },
};
