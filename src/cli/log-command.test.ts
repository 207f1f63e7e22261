import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openApp } from '../app.ts';
import type { LogLevel } from '../domain/ports.ts';
import { silentLog } from '../system/log.ts';
import { EXIT } from './exit-code.ts';
import { runCli } from './run-cli.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NOW = Date.now();
let folder = '';
let config = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossdock-log-'));
  config = join(folder, 'crossdock.yaml');
  const text = readFileSync(join(ROOT, 'config/sandbox.yaml'), 'utf8');
  writeFileSync(
    config,
    text.replace('data/sandbox.db', join(folder, 'store.db')).replaceAll('../mappings/', `${join(ROOT, 'mappings')}/`),
  );
  const app = await openApp({ configFile: config, remotes: false, log: silentLog });
  const line = (n: number, level: LogLevel, message: string): Parameters<typeof app.store.log.append>[0][number] => ({
    at: NOW - 10_000 + n,
    n,
    level,
    message,
    fields: { connection: 'harbour-us', order: 'ord_0123456789abcdefghijkl', seen: n },
  });
  await app.store.log.append([line(1, 'info', 'Pulled orders.'), line(2, 'warn', 'Parked.')], 60_000);
  await app.close();
}, 20_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function log(...args: string[]): Promise<{ exit: number; printed: string[] }> {
  const printed: string[] = [];
  const screen = { live: false, out: (line: string) => void printed.push(line), note: () => undefined };
  return { exit: await runCli(['log', ...args, '--config', config], screen), printed };
}

describe('crossdock log', () => {
  it('prints the lines that were searched for, the newest last, each with its ids and fields', async () => {
    const { exit, printed } = await log();
    expect(exit).toBe(EXIT.ok);
    const ids = 'connection=harbour-us order=ord_0123456789abcdefghijkl';
    expect(printed.map((line) => line.slice(21))).toEqual([
      `INFO  Pulled orders. ${ids} seen=1`,
      `WARN  Parked. ${ids} seen=2`,
    ]);
    expect((await log('--level', 'warn')).printed).toHaveLength(1);
    expect((await log('--text', 'pulled', '--limit', '1')).printed).toHaveLength(1);
    expect((await log('--connection', 'harbour-eu')).printed).toEqual(['No such lines.']);
  });

  it('refuses a level and an instant that are none, with code 2', async () => {
    expect((await log('--level', 'loud')).exit).toBe(EXIT.usage);
    expect((await log('--from', 'yesterday')).exit).toBe(EXIT.usage);
  });
});
