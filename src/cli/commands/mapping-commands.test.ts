import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { MappingTrial } from '../../flows/try-mapping.ts';
import { EXIT } from '../exit-code.ts';
import { runCli } from '../run-cli.ts';
import { trialLines } from './mapping-try.ts';

const SANDBOX = resolve(import.meta.dirname, '../../../config/sandbox.yaml');
let folder = '';
let config = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossdock-'));
  config = join(folder, 'crossdock.yaml');
  const text = readFileSync(SANDBOX, 'utf8')
    .replace('data/sandbox.db', join(folder, 'store.db'))
    .replaceAll('../mappings/', `${resolve(SANDBOX, '../../mappings')}/`);
  writeFileSync(config, text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ exit: number; out: string[]; noted: string[] }> {
  const [out, noted]: [string[], string[]] = [[], []];
  const screen = {
    live: false,
    out: (line: string): void => void out.push(line),
    note: (line: string): void => void noted.push(line),
  };
  return { exit: await runCli([...args, '--config', config], screen), out, noted };
}

describe('crossdock mapping check', () => {
  it('tells what each mapping of the configuration holds, and makes no store for it', async () => {
    const { exit, out } = await run('mapping', 'check');
    expect([exit, out.at(-1)]).toEqual([EXIT.ok, 'No mistakes.']);
    expect(out.find((line) => line.startsWith('netsuite-us'))).toMatch(/17 accounts$/);
    expect(existsSync(join(folder, 'store.db'))).toBe(false);
  });

  it('counts the rules and holds of a file that no connection names', async () => {
    const { exit, out } = await run('mapping', 'check', resolve('mappings/example-shop.yaml'));
    // Its one location is that of another configuration.
    expect([exit, out]).toEqual([EXIT.usage, []]);
    const draft = join(folder, 'draft.yaml');
    writeFileSync(draft, 'rules:\n  - { to: attributes.a, from: b }\nholds:\n  - { name: c, because: d }\n');
    const answer = await run('mapping', 'check', draft, '--json');
    expect(JSON.parse(answer.out.join('\n'))).toMatchObject([
      { connection: null, file: draft, holds: { rules: 1, holds: 1 }, unmapped: null },
    ]);
  });

  it('tells all mistakes with file, line and column, and exits with 2', async () => {
    const draft = join(folder, 'bad.yaml');
    writeFileSync(draft, 'rules:\n  - { to: attributes.a, expr: $now() }\nlocations: { "9": nework }\n');
    const { exit, noted } = await run('mapping', 'check', draft);
    expect(exit).toBe(EXIT.usage);
    expect(noted.join('\n')).toContain(`${draft}:2:31 rules[0].expr: $now is not allowed`);
    expect(noted.join('\n')).toContain(`${draft}:3:19 locations.9: there is no location "nework"`);
  });
});

describe('crossdock mapping try', () => {
  const trial: MappingTrial = {
    connection: 'shop',
    looked: 1200,
    changed: 2,
    erased: 1,
    orders: [
      {
        id: 'ord_1',
        number: '#1',
        fields: [
          { field: 'lines[0].sku', before: 'A', after: 'B' },
          { field: 'lines[1].sku', before: 'A', after: null },
        ],
      },
    ],
    money: [
      { account: 'clearing', gateway: 'card', currency: 'USD', before: '0.00', after: '10.00', by: '10.00' },
      { account: 'deposit', gateway: null, currency: 'USD', before: '0.00', after: '-10.00', by: '-10.00' },
    ],
    freed: [{ id: 'ord_2', number: '#2', code: 'mapping-rule', message: 'It failed.' }],
    parked: [],
    held: [{ id: 'ord_2', number: '#2', code: 'large', message: 'Look at it' }],
    letGo: [],
  };

  it('is told in lines for a person', () => {
    expect(trialLines(trial)).toEqual([
      '2 of 1,200 orders of shop change. Nothing was written.',
      '1 more have been erased and can be read by nobody.',
      '',
      'Which fields',
      '  field         orders',
      '  lines[…].sku       1',
      '',
      'Fields',
      '  order  field         now  draft',
      '  #1     lines[0].sku  A    B',
      '  #1     lines[1].sku  A    –',
      '',
      'Money (debit − credit)',
      '  account                now   draft      by',
      '  clearing (card)  USD  0.00   10.00   10.00',
      '  deposit          USD  0.00  -10.00  -10.00',
      '',
      'Goes on',
      '  #2 · mapping-rule: It failed.',
      '',
      'Would be held',
      '  #2 · large: Look at it',
    ]);
  });

  it('refuses a connection that there is not, with code 2', async () => {
    const { exit, noted } = await run('mapping', 'try', 'nowhere', 'x.yaml');
    expect([exit, noted[0]?.startsWith('There is no connection nowhere')]).toEqual([EXIT.usage, true]);
  });
});
