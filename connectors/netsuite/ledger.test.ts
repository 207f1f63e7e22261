import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Io } from '../../src/connector/io.ts';
import { failureOf, openRig, type Rig } from '../../test/contract/rig.ts';
import type { NetsuiteStandIn, StandInConfig } from './sandbox.ts';
import { dayOfSales, open, SECRETS, start } from './test-netsuite.ts';
import { startStandIn } from './sandbox.ts';

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

  it('draws every call from the one budget of the account', async () => {
    const taken: number[] = [];
    const budget = { ...rig.io.budget('account'), take: async (cost: number): Promise<void> => void taken.push(cost) };
    const { ledger } = open(netsuite.url, { ...rig.io, budget: () => budget }, by);
    await ledger.send(dayOfSales('post:a'), 'post:a');
    await ledger.send(dayOfSales('post:a'), 'post:a');
    expect([taken, netsuite.control.requests().length]).toEqual([[1, 1, 1], 3]);
  });

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
