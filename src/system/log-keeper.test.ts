import { afterEach, describe, expect, it } from '@jest/globals';
import type { LogLine } from '../domain/ports.ts';
import { systemClock } from './clock.ts';
import { openLog } from './log.ts';
import { openLogKeeper, type LogKeeper } from './log-keeper.ts';

let keeper: LogKeeper;
let said: unknown[] = [];
let kept: LogLine[] = [];
let batches: number[] = [];
let away = false;

function open(clock = systemClock): ReturnType<typeof openLog> {
  [said, kept, batches, away] = [[], [], [], false];
  keeper = openLogKeeper(clock, (message, fields) => said.push([message, fields]));
  return openLog({ level: 'error', format: 'json', secrets: ['s3cret-token'], keep: keeper.stream, shown: false });
}

async function append(lines: readonly LogLine[]): Promise<void> {
  if (away) throw new Error('the store is away');
  batches.push(lines.length);
  kept.push(...lines);
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !condition() && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

afterEach(() => keeper.close());

describe('a kept log', () => {
  it('keeps info and worse with their fields, also where the output shows less, and never debug', async () => {
    const log = open();
    keeper.start(append);
    log.debug('not kept');
    log.with({ connection: 'shop' }).info('pulled', { run: 'r', seen: 3, none: null, list: ['a'] });
    log.warn('careful');
    await keeper.close();
    expect(kept.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['info', 'pulled', { connection: 'shop', run: 'r', seen: 3, none: null, list: ['a'] }],
      ['warn', 'careful', {}],
    ]);
  });

  it('hides secrets before a line is kept, in the message, in fields and in lists', async () => {
    const log = open();
    keeper.start(append);
    log.info('with s3cret-token', { field: 'Bearer s3cret-token', list: ['s3cret-token'] });
    await keeper.close();
    expect(kept.map(({ message, fields }) => [message, fields])).toEqual([
      ['with [hidden]', { field: 'Bearer [hidden]', list: ['[hidden]'] }],
    ]);
  });

  it('keeps many lines in batches of at most 200, in their order, and those from before it started', async () => {
    const log = open();
    log.info('early');
    keeper.start(append);
    for (let i = 0; i < 450; i += 1) log.info(String(i));
    await keeper.close();
    expect(batches).toEqual([200, 200, 51]);
    expect(kept.map(({ message }) => message)).toEqual(['early', ...Array.from({ length: 450 }, (_, i) => String(i))]);
  });

  it('keeps a single line within about a second', async () => {
    const log = open();
    keeper.start(append);
    const from = Date.now();
    log.info('alone');
    await until(() => kept.length > 0);
    expect(kept.length).toBe(1);
    expect(Date.now() - from).toBeLessThan(2_000);
  });

  it('holds lines while the store is away, gives the oldest up when there are too many, and says in one line how many', async () => {
    const log = open({ ...systemClock, sleep: (_ms, signal) => systemClock.sleep(5, signal) });
    away = true;
    keeper.start(append);
    for (let i = 0; i < 5_300; i += 1) log.info(String(i));
    await new Promise((resolve) => setTimeout(resolve, 50));
    away = false;
    await until(() => said.length > 0 && kept.length >= 4_900);
    expect(kept.at(0)?.message).toBe('400');
    expect(kept.length).toBe(4_900);
    expect(said).toEqual([
      ['Lines of the log could not be kept: they stand only in the output of this process.', { lines: 400 }],
    ]);
  });

  it('does not hold up the end of the process while the store is away', async () => {
    const log = open();
    keeper.start(append);
    away = true;
    log.info('lost');
    const from = Date.now();
    await keeper.close();
    expect(Date.now() - from).toBeLessThan(2_500);
    expect(kept).toEqual([]);
  });
});
