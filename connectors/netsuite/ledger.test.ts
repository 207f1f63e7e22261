import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Io } from '../../src/connector/io.ts';
import { failureOf, openRig, type Rig } from '../../test/contract/rig.ts';
import { sandboxCredential } from '../../src/connector/sandbox/credentials.ts';
import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import { standIns } from '../index.ts';
import connector from './index.ts';
import { DIMENSIONS } from './journal.ts';
import type { NetsuiteStandIn, StandInConfig } from './sandbox.ts';
import { dayOfSales, open, SECRETS, SETTINGS, start } from './test-netsuite.ts';
import { CHART, startStandIn } from './sandbox.ts';

const CURRENCIES = { USD: '1', JPY: '7', KWD: '9' };

/** Amounts up to ten million, memos with whatever a product can be called, dimensions here and there. */
const anyDocument: fc.Arbitrary<LedgerDocument> = fc
  .record({
    currency: fc.constantFrom(...Object.keys(CURRENCIES)),
    date: fc.constantFrom('2026-01-01', '2026-02-28', '2026-03-29', '2026-11-01', '2026-12-31'),
    memo: text(),
    pairs: fc.array(
      fc.record({
        minor: fc.integer({ min: 1, max: 1_000_000_000 }),
        debit: account(),
        credit: account(),
        memo: text(),
        dimensions: fc.dictionary(fc.constantFrom(...DIMENSIONS), fc.constantFrom('1', '22', '-5'), {
          noNullPrototype: true,
        }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ currency, date, memo, pairs }) => ({
    key: '',
    company: 'acme',
    kind: 'journal',
    date,
    currency,
    memo,
    lines: pairs.flatMap(({ minor, debit, credit, memo: said, dimensions }) => [
      { account: debit, debit: minor, credit: 0, memo: said, dimensions },
      { account: credit, debit: 0, credit: minor, memo: '', dimensions: {} },
    ]),
  }));

function account(): fc.Arbitrary<string> {
  return fc.constantFrom(...CHART.map(({ id }) => id));
}

/** XML has no control characters, and what stands at either end of a memo may be trimmed by any of us. */
function text(): fc.Arbitrary<string> {
  const sign = fc.constantFrom(
    'a',
    'Z',
    '0',
    ' ',
    '&',
    '<',
    '>',
    '"',
    "'",
    ']]>',
    '<![CDATA[',
    'é',
    '漢',
    '🚚',
    '\\',
    '{',
    '%',
  );
  return fc.string({ unit: sign, maxLength: 12 }).map((drawn) => drawn.trim());
}

describe.each(['soap', 'rest'] as const)('the ledger over %s', (by) => {
  let netsuite: NetsuiteStandIn;
  let rig: Rig;
  const again = async (config: Partial<StandInConfig>): Promise<void> => {
    await netsuite.close();
    netsuite = await start(config);
  };
  const inZone = (zone: string): Io => ({ ...rig.io, connection: { ...rig.io.connection, zone } });

  beforeEach(async () => {
    rig = openRig(Object.values(SECRETS));
    netsuite = await start();
  });
  afterEach(async () => {
    expect(netsuite.control.problems()).toEqual([]);
    rig.close();
    await netsuite.close();
  });

  it('passes the check of address, credentials and clock', () => open(netsuite.url, rig.io, by).check());

  it('reads back to the cent, the day and the memo what was posted, and null for what is not there', async () => {
    const { ledger } = open(netsuite.url, rig.io, by);
    const { id } = await ledger.send(dayOfSales('post:a'), 'post:a');
    expect(await ledger.read(id)).toEqual(dayOfSales('post:a'));
    expect(await ledger.read('1')).toBeNull();
    expect(netsuite.books.truth().balances).toEqual({
      USD: { '102': '90.00', '103': '10.05', '111': '-85.00', '112': '-7.00', '108': '-8.05' },
    });
  });

  it('keeps the business day where the account is in another zone than the connection', async () => {
    for (const [zone, accountZone] of [
      ['Europe/Berlin', 'America/Los_Angeles'],
      ['America/New_York', 'Europe/Berlin'],
      ['Pacific/Auckland', 'Pacific/Auckland'],
    ] as const) {
      await again({ accountZone });
      const { ledger } = open(netsuite.url, inZone(zone), by, { accountZone });
      const { id } = await ledger.send(dayOfSales('post:zone'), 'post:zone');
      expect([netsuite.books.byId(id)?.date, (await ledger.read(id))?.date]).toEqual(['2026-11-20', '2026-11-20']);
    }
  });

  it('takes an entry that is there already for done only while it is the same', async () => {
    const { ledger } = open(netsuite.url, rig.io, by);
    const { id } = await ledger.send(dayOfSales('post:a'), 'post:a');
    netsuite.tell('edit', { id, line: 3, account: '118' });
    const error = await failureOf(ledger.send(dayOfSales('post:a'), 'post:a'));
    expect([error.fault, error.code, error.remoteId]).toEqual(['data', 'posted-differently', id]);
    expect(error.message).toContain('account 118 credit 700');
    expect(netsuite.books.count).toBe(1);
  });

  it('finds a posting whose period was closed since, instead of parking it', async () => {
    const { ledger } = open(netsuite.url, rig.io, by);
    const { id } = await ledger.send(dayOfSales('post:a'), 'post:a');
    netsuite.tell('close-period', { through: '2026-11-30' });
    expect(await ledger.send(dayOfSales('post:a'), 'post:a')).toEqual({ id, state: 'done' });
  });

  it('parks what NetSuite refuses, by its cause and with its words', async () => {
    const { ledger } = open(netsuite.url, rig.io, by);
    const unknown = dayOfSales('post:u');
    const lines = unknown.lines.map((line, at) => (at === 0 ? { ...line, account: '999' } : line));
    const reference = await failureOf(ledger.send({ ...unknown, lines }, 'post:u'));
    netsuite.tell('deactivate', { account: '103' });
    const inactive = await failureOf(ledger.send(dayOfSales('post:i'), 'post:i'));
    netsuite.tell('close-period', { through: '2026-11-30' });
    const closed = await failureOf(ledger.send(dayOfSales('post:c'), 'post:c'));
    expect([reference, inactive, closed].map(({ fault, code }) => [fault, code])).toEqual([
      ['data', 'unknown-reference'],
      ['data', 'refused'],
      ['data', 'period-closed'],
    ]);
    expect(reference.message).toContain('Invalid account reference key 999.');
    expect(netsuite.books.count).toBe(0);
  });

  it('pauses the connection where the credentials are not the account’s', async () => {
    const { ledger, check } = open(netsuite.url, rig.io, by, { tokenSecret: 'another' });
    const errors = [await failureOf(check()), await failureOf(ledger.send(dayOfSales('post:a'), 'post:a'))];
    expect(errors.map(({ fault, code }) => [fault, code])).toEqual([
      ['config', 'unauthorized'],
      ['config', 'unauthorized'],
    ]);
  });

  it('waits when the account’s pool is full, closes the budget till then, and posts afterwards', async () => {
    netsuite.tell('pace', { answerMs: 200, limit: 1 });
    const refused: number[] = [];
    const budget = { ...rig.io.budget('account'), refuse: (until: number): void => void refused.push(until) };
    const { ledger } = open(netsuite.url, { ...rig.io, budget: () => budget }, by);
    const began = rig.io.clock.now();
    const [first, second] = await Promise.allSettled([
      ledger.send(dayOfSales('post:a'), 'post:a'),
      failureOf(ledger.send(dayOfSales('post:b'), 'post:b')),
    ]);
    expect(first.status).toBe('fulfilled');
    if (second.status === 'rejected') throw second.reason;
    expect(second.value.fault).toBe('throttled');
    expect(second.value.retryAt).toBeGreaterThan(began);
    expect(refused).toEqual([second.value.retryAt]);
    netsuite.tell('pace', { answerMs: 0 });
    await ledger.send(dayOfSales('post:b'), 'post:b');
    expect(netsuite.books.count).toBe(2);
  });

  it('makes no more calls at once than its share of the pool, however many batches wait', async () => {
    netsuite.tell('pace', { answerMs: 30, limit: 2 });
    const { ledger } = open(netsuite.url, rig.io, by, { concurrency: 2 });
    const keys = ['post:a', 'post:b', 'post:c', 'post:d', 'post:e'];
    await Promise.all(keys.map((key) => ledger.send(dayOfSales(key), key)));
    expect(netsuite.books.count).toBe(5);
  });

  it('holds one of the account’s shared places for each call, whatever connection it is of', async () => {
    const { account } = SETTINGS;
    const specs = ['rest', 'soap'].map((way) =>
      connector.budgets(connector.config.parse({ ...SETTINGS, interface: way })),
    );
    expect(specs.map(([spec]) => [spec?.sharedAs, spec?.concurrency])).toEqual([
      [account, 3],
      [account, 3],
    ]);
    let held = 0;
    const taken: number[] = [];
    const slot = async <T>(call: () => Promise<T>): Promise<T> => {
      taken.push((held += 1));
      const answer = await call();
      held -= 1;
      return answer;
    };
    const budget = { ...rig.io.budget('account'), slot };
    const { ledger } = open(netsuite.url, { ...rig.io, budget: () => budget }, by);
    await ledger.send(dayOfSales('post:a'), 'post:a');
    await ledger.send(dayOfSales('post:a'), 'post:a');
    expect([taken, held, netsuite.control.requests().length]).toEqual([[1, 1, 1], 0, 3]);
  });

  it('draws every call from the one budget of the account', async () => {
    const taken: number[] = [];
    const budget = { ...rig.io.budget('account'), take: async (cost: number): Promise<void> => void taken.push(cost) };
    const { ledger } = open(netsuite.url, { ...rig.io, budget: () => budget }, by);
    await ledger.send(dayOfSales('post:a'), 'post:a');
    await ledger.send(dayOfSales('post:a'), 'post:a');
    expect([taken, netsuite.control.requests().length]).toEqual([[1, 1, 1], 3]);
  });

  it('reads any entry back as it was posted, and finds it only under its key', async () => {
    await netsuite.close();
    netsuite = await startStandIn({
      config: { connection: 'ledger', credentials: SECRETS, currencies: CURRENCIES, subsidiary: '1' },
      clock: rig.io.clock,
    });
    const { ledger } = open(netsuite.url, rig.io, by, { currencies: CURRENCIES });
    let posted = 0;
    await fc.assert(
      fc.asyncProperty(anyDocument, async (drawn) => {
        const document = { ...drawn, key: `post:any:${++posted}` };
        const { id } = await ledger.send(document, document.key);
        expect(await ledger.read(id)).toEqual(document);
        expect(await ledger.find(document.key, document)).toBe(id);
        expect(await ledger.find(`${document.key}:2`, document)).toBe('absent');
      }),
      { numRuns: 40 },
    );
    expect(netsuite.books.count).toBe(posted);
  }, 60_000);

  it('posts without a subsidiary where the account has none, and says so where one is missing', async () => {
    const bare = { subsidiary: undefined };
    const send = (): Promise<unknown> =>
      open(netsuite.url, rig.io, by, bare).ledger.send(dayOfSales('post:a'), 'post:a');
    const missing = await failureOf(send());
    expect([missing.fault, missing.message.includes('Subsidiary')]).toEqual(['data', true]);
    await netsuite.close();
    netsuite = await startStandIn({ config: { connection: 'ledger', credentials: SECRETS }, clock: rig.io.clock });
    await send();
    expect(netsuite.books.count).toBe(1);
  });
});

describe('the books of the stand-in', () => {
  it('are one behind both interfaces: what SOAP posted REST reads, and refuses a second time', async () => {
    const netsuite = await start();
    const rig = openRig([]);
    try {
      const { id } = await open(netsuite.url, rig.io, 'soap').ledger.send(dayOfSales('post:a'), 'post:a');
      const rest = open(netsuite.url, rig.io, 'rest').ledger;
      expect(await rest.read(id)).toEqual(dayOfSales('post:a'));
      expect((await rest.send(dayOfSales('post:a'), 'post:a')).id).toBe(id);
      expect(netsuite.books.count).toBe(1);
    } finally {
      rig.close();
      await netsuite.close();
    }
  });

  it('are those of a sandbox connection, started by its own settings', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'netsuite-'));
    const rig = openRig([]);
    const input = { account: '777_SB2', currencies: { USD: '5' }, subsidiary: '3', accountZone: 'Europe/Berlin' };
    const secret = (name: string): string => sandboxCredential('erp', name);
    const credentials = Object.fromEntries(Object.keys(SECRETS).map((name) => [name, secret(name)]));
    const started = { seed: 's', today: 0, clock: rig.io.clock, snapshot: join(folder, 'books.json') };
    const remote = await standIns['netsuite']?.({ connection: 'erp', input, ...started });
    if (remote === undefined) throw new Error('there is no stand-in');
    try {
      const settings = { ...input, ...credentials, baseUrl: remote.url, cutOver: '2026-11-01T00:00:00Z' };
      const { ledger, check } = connector.open(connector.config.parse(settings), rig.io);
      await check();
      const sent = await ledger?.send(dayOfSales('post:a'), 'post:a');
      expect(await ledger?.read(sent?.id ?? '')).toEqual(dayOfSales('post:a'));
    } finally {
      rig.close();
      await remote.close();
      await rm(folder, { recursive: true });
    }
  });

  it('are reached by another address too, where something stands between', async () => {
    const netsuite = await start();
    const rig = openRig([]);
    const between = createServer(
      (client) => void client.pipe(connect(netsuite.control.port, '127.0.0.1')).pipe(client),
    );
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const address = between.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const { ledger } = open(`http://127.0.0.1:${port}`, rig.io, 'rest');
      const { id } = await ledger.send(dayOfSales('post:a'), 'post:a');
      expect(await ledger.read(id)).toEqual(dayOfSales('post:a'));
    } finally {
      rig.close();
      await netsuite.close();
      await new Promise((resolve) => between.close(resolve));
    }
  });

  it('outlive a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'netsuite-'));
    const rig = openRig([]);
    const startIn = (): Promise<NetsuiteStandIn> => {
      const config = { connection: 'ledger', credentials: SECRETS, subsidiary: '1' };
      return startStandIn({ config, clock: rig.io.clock, snapshot: join(folder, 'books.json') });
    };
    try {
      const before = await startIn();
      await open(before.url, rig.io, 'rest').ledger.send(dayOfSales('post:a'), 'post:a');
      const truth = before.books.truth();
      await before.close();
      const after = await startIn();
      expect(after.books.truth()).toEqual(truth);
      await after.close();
    } finally {
      rig.close();
      await rm(folder, { recursive: true });
    }
  });
});
