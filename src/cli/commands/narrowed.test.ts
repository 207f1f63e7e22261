import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openApp } from '../../app.ts';
import type { Hold } from '../../domain/order.ts';
import { searchLog } from '../../queries/sync-log.ts';
import type { Store } from '../../store/open-store.ts';
import { testOrder } from '../../store/test-order.ts';
import { systemClock } from '../../system/clock.ts';
import { silentLog } from '../../system/log.ts';
import { EXIT } from '../exit-code.ts';
import { runCli } from '../run-cli.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const HOLDS: Hold[] = [
  { kind: 'risk', reason: 'high risk', until: null },
  { kind: 'person', name: 'call', reason: 'they call back', until: 1 },
];
const folder = mkdtempSync(join(tmpdir(), 'crossdock-narrowed-'));
const config = join(folder, 'crossdock.yaml');

beforeAll(async () => {
  const text = readFileSync(join(ROOT, 'config/sandbox.yaml'), 'utf8');
  writeFileSync(
    config,
    text.replace('data/sandbox.db', join(folder, 'store.db')).replaceAll('../mappings/', `${join(ROOT, 'mappings')}/`),
  );
  await withStore(async (store) => {
    await store.connections.register({ id: 'given-up', connector: 'test', company: 'harbour-inc', mapping: 'm1' });
    await store.orders.insert(
      (['allocated', 'allocated', 'shipped'] as const).map((stage, n) => {
        const order = testOrder(`ord_${n}`, { connection: 'given-up', stage, version: 9 - n });
        return { ...order, order: { ...order.order, holds: HOLDS } };
      }),
    );
  });
}, 20_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const app = await openApp({ configFile: config, remotes: false, log: silentLog });
  try {
    return await work(app.store);
  } finally {
    await app.close();
  }
}

async function run(...args: string[]): Promise<{ exit: number; printed: string[]; noted: string[] }> {
  const printed: string[] = [];
  const noted: string[] = [];
  const screen = {
    live: false,
    out: (line: string) => void printed.push(line),
    note: (line: string) => void noted.push(line),
  };
  return { exit: await runCli([...args, '--config', config], screen), printed, noted };
}

async function audit(): Promise<string[]> {
  return withStore(async (store) =>
    (await searchLog(store, { audit: true, limit: 9 })).items.map(({ message, fields }) =>
      [message, fields['reason']].filter((part) => part !== undefined).join(' '),
    ),
  );
}

describe('a list that is narrowed', () => {
  it.each(['orders', 'parked', 'books', 'effects', 'shadow'])(
    'is refused for a connection that there is not, rather than empty: %s',
    async (noun) => {
      const { exit, noted } = await run(noun, 'list', '--connection', 'harbor-us');
      expect([exit, noted]).toEqual([
        EXIT.usage,
        [
          'There is no connection harbor-us: expected one of harbour-us, harbour-eu, shipbob-us, shipbob-eu, netsuite-us, netsuite-eu, given-up',
        ],
      ]);
    },
  );

  it('is refused of the log, too, and given for a connection that only the store knows any more', async () => {
    expect((await run('log', '--connection', 'harbor-us')).exit).toBe(EXIT.usage);
    expect(await run('parked', 'list', '--connection', 'given-up')).toEqual({
      exit: EXIT.ok,
      printed: ['Nothing is parked.'],
      noted: [],
    });
  });

  it('of what is parked names a connection that is paused, though nothing of it is parked, for whoever can mend it', async () => {
    const cause = { fault: 'config', code: 'bad-credentials', message: 'No.', remedy: 'Renew them.' } as const;
    await withStore(async ({ connections }) => {
      await connections.register({ id: 'shipbob-us', connector: 'shipbob', company: 'harbour-inc', mapping: 'm1' });
      await connections.pause('shipbob-us', { ...cause, field: null, needs: [], remoteId: null, at: new Date() });
    });
    const told = ['', 'Connections', '  shipbob-us is paused: No.', '    → Renew them.'];
    for (const [args, lines] of [
      [[], told],
      [['--for', 'admins'], told],
      [['--for', 'finance'], []],
      [['--connection', 'harbour-us'], []],
    ] as const)
      expect((await run('parked', 'list', ...args)).printed).toEqual(['Nothing is parked.', ...lines]);
    await withStore(({ connections }) => connections.resume('shipbob-us'));
  });

  it('is refused for somebody whom no case is for', async () => {
    const { exit, noted } = await run('parked', 'list', '--for', 'ops');
    expect([exit, noted]).toEqual([EXIT.usage, ['--for is "ops": expected one of operations, finance, admins']]);
  });
});

describe('orders list', () => {
  it('says that there are more than it shows', async () => {
    expect((await run('orders', 'list', '--limit', '2')).printed.at(-1)).toBe('The first 2: --limit N for more.');
  });

  it('names the holds that keep an order, and none that is over or of one that has left', async () => {
    const rows: { holds: string[] }[] = JSON.parse((await run('orders', 'list', '--json')).printed.join('\n'));
    expect(rows.map(({ holds }) => holds)).toEqual([['risk'], ['risk'], []]);
    expect((await run('orders', 'list', '--limit', '1')).printed[1]).toContain('hold:risk');
  });
});

describe('what a person decides', () => {
  it('is kept as asked for, and as not done where it was refused', async () => {
    expect((await run('orders', 'unhold', 'ord_0', 'nope')).exit).toBe(EXIT.refused);
    expect((await run('orders', 'unhold', 'ord_0', 'risk')).exit).toBe(EXIT.ok);
    expect((await run('effects', 'settle', 'push:x:1', '--as', 'not-sent', '--because', 'x')).exit).toBe(EXIT.refused);
    expect((await audit()).toReversed()).toEqual([
      'Letting a hold of an order go was asked for.',
      'That was not done. no-such-hold',
      'Letting a hold of an order go was asked for.',
      'Settling a request by hand was asked for.',
      'That was not done. no-effect',
    ]);
  });
});

describe('one thing that is not there', () => {
  it.each([
    ['orders', 'no-such-order', "Name its number, our id or the channel's id"],
    ['parked', 'no-such-job', 'See: crossdock parked list'],
    ['books', 'no-such-document', 'See: crossdock books list'],
    ['stock', 'no-such-level', 'List them: crossdock stock list'],
  ])('is refused with its code and what to do, as JSON too: %s', async (noun, code, remedy) => {
    const plain = await run(noun, 'show', 'nothing');
    expect([plain.exit, plain.printed]).toEqual([EXIT.refused, []]);
    expect(plain.noted.join(' ')).toContain(remedy);
    const { exit, printed, noted } = await run(noun, 'show', 'nothing', '--json');
    expect([exit, noted]).toEqual([EXIT.refused, []]);
    expect(JSON.parse(printed.join('\n'))).toMatchObject({
      error: { code, message: expect.stringContaining('nothing'), remedy: expect.stringContaining(remedy) },
    });
  });
});

describe('pull', () => {
  it('is refused where there is nothing to pull', async () => {
    expect(await run('pull', 'netsuite-us')).toEqual({
      exit: EXIT.usage,
      printed: [],
      noted: ['netsuite-us is no source of orders, stock or shipments'],
    });
  });

  it('of one order is refused where the channel does not have it', async () => {
    const found = await withStore(async (store) => {
      const now = store.clock.now();
      await store.workers.join({ epoch: 'e', host: 'test', pid: 1 }, now, now + 60_000);
      const asked = run('pull', 'harbour-us', '--id', '17');
      const key = 'pull-order:harbour-us:17';
      while ((await store.jobs.get(key)) === null) await systemClock.sleep(20);
      // As a worker ends it that was told that there is none.
      await store.collections.jobs.deleteOne({ _id: key });
      return asked;
    });
    expect([found.exit, found.printed, found.noted.slice(1)]).toEqual([
      EXIT.refused,
      [],
      [
        'harbour-us has no order of the id 17.',
        "Name the id that the channel itself gives it, not the buyer's number. For what is new: leave --id out.",
      ],
    ]);
  });
});
