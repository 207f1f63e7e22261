import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EXIT } from '../exit-code.ts';
import { openTestCommand, type TestCommand } from '../test-command.ts';

const LEVEL = 'SKU-001@newark';
const AT = Date.parse('2026-11-20T12:00:00Z');
let command: TestCommand;

/** Twelve counted, and two of them set aside for a line of an order that is not there. */
beforeEach(async () => {
  command = openTestCommand();
  await command.withStore(async ({ levels }) => {
    await levels.open(
      [{ sku: 'SKU-001', location: 'newark', onHand: 12, countedAt: new Date(AT), cause: 'pull-stock' }],
      AT,
    );
    const [before] = await levels.heads([LEVEL]);
    if (before === undefined) throw new Error('the level is not there');
    const line = { order: 'ord_0123456789abcdefghijkl', line: 'lin_1', quantity: 2, revision: 1 };
    await levels.change([
      {
        before,
        onHand: 12,
        free: 10,
        backlog: false,
        append: [line],
        movement: { at: new Date(AT + 1_000), kind: 'reserved', lines: [line], cause: 'allocate-order' },
      },
    ]);
  });
});
afterEach(() => {
  command.close();
});

describe('crossdock stock show', () => {
  it('tells who holds what of a level, and every change with what it left and what made it', async () => {
    const { exit, out } = await command.run('stock', 'show', LEVEL);
    expect(exit).toBe(EXIT.ok);
    expect(out).toEqual([
      'SKU-001 at newark: 12 on hand, 2 reserved, 10 free; counted 2026-11-20 12:00:00Z',
      '',
      'Reserved for',
      '  order                       stage          units  line',
      '  ord_0123456789abcdefghijkl  no such order      2  lin_1',
      '',
      'Changes, newest first',
      '  when                  what      on hand      free      for                            by',
      '  2026-11-20 12:00:01Z  reserved           12    −2  10  ord_0123456789abcdefghijkl +2  allocate-order',
      '  2026-11-20 12:00:00Z  counted       +12  12   +12  12                                 pull-stock',
    ]);
  });

  it('says how much of the story it leaves out, and that there is no such level', async () => {
    const { out } = await command.run('stock', 'show', LEVEL, '--limit', '1');
    expect(out.at(-1)).toBe('  and 1 older: --limit N for more.');
    expect(await command.run('stock', 'show', 'SKU-001@moon')).toMatchObject({
      exit: EXIT.refused,
      noted: 'There is no stock level SKU-001@moon.\nList them: crossdock stock list',
    });
  });
});

describe('crossdock stock show of a level that many hold', () => {
  it('shows as many reservations as it is asked for, the longest held first, and says how many more there are', async () => {
    await command.withStore(async ({ levels }) => {
      const [before] = await levels.heads([LEVEL]);
      if (before === undefined) throw new Error('the level is not there');
      const lines = ['lin_2', 'lin_3'].map((line) => ({ order: 'ord_late', line, quantity: 1, revision: 1 }));
      await levels.change([
        {
          before,
          onHand: 12,
          free: 8,
          backlog: false,
          append: lines,
          movement: { at: new Date(AT + 2_000), kind: 'reserved', lines, cause: 'allocate-order' },
        },
      ]);
    });
    const { out } = await command.run('stock', 'show', LEVEL, '--limit', '1');
    expect(out.slice(0, 6)).toEqual([
      'SKU-001 at newark: 12 on hand, 4 reserved, 8 free; counted 2026-11-20 12:00:00Z',
      '',
      'Reserved for',
      '  order                       stage          units  line',
      '  ord_0123456789abcdefghijkl  no such order      2  lin_1',
      '  and 2 more: --limit N for more.',
    ]);
    const told = await command.run('stock', 'show', LEVEL, '--limit', '2', '--json');
    expect(JSON.parse(told.out.join('\n'))).toMatchObject({
      reservations: [{ line: 'lin_1' }, { line: 'lin_2' }],
      moreReserved: 1,
    });
  });
});

describe('crossdock stock rebuild', () => {
  it('finds nothing to put right in what its movements add up to', async () => {
    expect(await command.run('stock', 'rebuild')).toMatchObject({
      exit: EXIT.ok,
      out: ['1 level compared: all are what their movements add up to.'],
    });
  });

  it('shows what differs and changes nothing, until it is told to write', async () => {
    await command.withStore(({ collections }) =>
      collections.levels.updateOne({ _id: LEVEL }, { $set: { onHand: 99, free: 97 } }),
    );
    const shown = [
      'level           what     stands  movements say',
      `${LEVEL}  on hand      99             12`,
      `${LEVEL}  free         97             10`,
      '1 level compared: 1 differs.',
    ];
    expect(await command.run('stock', 'rebuild', '--sku', 'SKU-001')).toMatchObject({
      exit: EXIT.refused,
      out: [...shown, 'Nothing was changed. To put them right: add --write'],
    });
    expect(await command.run('stock', 'rebuild', '--write')).toMatchObject({
      exit: EXIT.ok,
      out: [...shown, '1 put right.'],
    });
    expect((await command.run('stock', 'rebuild')).exit).toBe(EXIT.ok);
    const { out } = await command.run('log', '--audit', '--json');
    expect(JSON.parse(out.join('\n'))).toMatchObject([
      { message: 'Rebuilding a stock level from its movements was asked for.', fields: { level: LEVEL } },
    ]);
  });
});
