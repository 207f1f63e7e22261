import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openApp } from '../app.ts';
import type { Store } from '../store/open-store.ts';
import { silentLog } from '../system/log.ts';
import type { ExitCode } from './exit-code.ts';
import { runCli } from './run-cli.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** The command line over a store of its own, for tests of commands. */
export interface TestCommand {
  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<{ exit: ExitCode; out: string[]; noted: string }>;
  /** Opens the store that the commands see, for what stands in it before and after. */
  withStore<T>(work: (store: Store) => Promise<T>): Promise<T>;
  close(): void;
}

export function openTestCommand(): TestCommand {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-command-'));
  const config = join(folder, 'crossdock.yaml');
  const text = readFileSync(join(ROOT, 'config/sandbox.yaml'), 'utf8');
  writeFileSync(
    config,
    text.replace('data/sandbox.db', join(folder, 'store.db')).replaceAll('../mappings/', `${join(ROOT, 'mappings')}/`),
  );
  return {
    async run(...args) {
      const out: string[] = [];
      const noted: string[] = [];
      const screen = {
        live: false,
        out: (line: string): void => void out.push(line),
        note: (line: string): void => void noted.push(line),
      };
      return { exit: await runCli([...args, '--config', config], screen), out, noted: noted.join('\n') };
    },
    async withStore(work) {
      const app = await openApp({ configFile: config, remotes: false, log: silentLog });
      try {
        return await work(app.store);
      } finally {
        await app.close();
      }
    },
    close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
