import { describe, expect, it } from '@jest/globals';
import { commands } from './commands/index.ts';
import { EXIT } from './exit-code.ts';
import { runCli } from './run-cli.ts';
import type { Screen } from './screen.ts';

class Paper implements Screen {
  readonly live = false;
  readonly printed: string[] = [];
  readonly noted: string[] = [];
  out = (line: string): void => void this.printed.push(line);
  note = (line: string): void => void this.noted.push(line);
}

async function run(...args: string[]): Promise<{ exit: number; printed: string[]; noted: string[] }> {
  const paper = new Paper();
  return { exit: await runCli(args, paper), printed: paper.printed, noted: paper.noted };
}

describe('every command', () => {
  it.each(commands.map(({ name }) => name))(
    '%s explains itself with an example that it would understand',
    async (name) => {
      const { exit, printed } = await run(...name.split(' '), '--help');
      expect(exit).toBe(EXIT.ok);
      const command = commands.find((one) => one.name === name);
      expect(command?.examples.length).toBeGreaterThan(0);
      for (const example of command?.examples ?? []) {
        expect(printed).toContain(`  ${example}`);
        const words = example.replaceAll("'", '').split(' ').slice(1);
        // With --help after it an example runs nothing, but what it says must be known.
        expect((await run(...words, '--help')).exit).toBe(EXIT.ok);
      }
    },
  );

  it.each(commands.map(({ name }) => name))('%s refuses an option that it does not know, with code 2', async (name) => {
    const { exit, noted } = await run(...name.split(' '), '--nonsense');
    expect(exit).toBe(EXIT.usage);
    expect(noted.join('\n')).toContain(`crossdock ${name} --help`);
  });

  it('is in the overview', async () => {
    const { exit, printed } = await run();
    expect(exit).toBe(EXIT.ok);
    for (const { name } of commands) expect(printed.some((line) => line.includes(`crossdock ${name}`))).toBe(true);
  });
});

describe('a word that several commands begin with', () => {
  it.each([['orders'], ['orders', '--help']])('explains those: %s', async (...words) => {
    const { exit, printed, noted } = await run(...words);
    expect([exit, noted]).toEqual([EXIT.ok, []]);
    expect(printed.map((line) => line.split('<')[0]?.trim().split('  ')[0])).toEqual([
      'crossdock orders list',
      'crossdock orders show',
      'crossdock orders hold',
      'crossdock orders unhold',
      'Each command has --help with an example, --json and --config FILE.',
    ]);
  });
});

describe('a command line that is wrong', () => {
  it('names the commands that begin alike, with code 2', async () => {
    const { exit, noted } = await run('orders', 'lst');
    expect([exit, noted[0]]).toEqual([EXIT.usage, 'There is no command "orders lst".']);
    expect(noted.some((line) => line.includes('crossdock orders list'))).toBe(true);
    expect(noted.some((line) => line.includes('crossdock stock list'))).toBe(false);
  });

  it('says what is missing and what is too much', async () => {
    expect((await run('orders', 'show')).noted[0]).toContain('expected <number|id>, found nothing');
    expect((await run('stock', 'list', 'everything')).noted[0]).toContain('expected nothing more, found "everything"');
  });

  it('says which value is no number', async () => {
    const { exit, noted } = await run('orders', 'list', '--limit', '1e3');
    expect([exit, noted[0]]).toEqual([
      EXIT.usage,
      '--limit is "1e3": expected a whole number above zero, for example --limit 50',
    ]);
  });

  it('is one JSON document with --json', async () => {
    const { exit, printed } = await run('orders', 'list', '--stage', 'lost', '--json');
    expect(exit).toBe(EXIT.usage);
    expect(JSON.parse(printed.join('\n'))).toEqual({
      error: { code: 'usage', message: expect.stringContaining('--stage is "lost"'), remedy: null },
    });
  });
});

describe('a configuration that is not there', () => {
  it('ends every command that needs one with code 2 and what to do', async () => {
    const { exit, noted } = await run('orders', 'list', '--config', '/nowhere/at-all.yaml');
    expect(exit).toBe(EXIT.usage);
    expect(noted.join('\n')).toContain('/nowhere/at-all.yaml');
  });
});
