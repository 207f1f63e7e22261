import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startStandIn } from '../../connectors/shopify/sandbox.ts';
import { wantCheckConnection } from '../../src/flows/wanted.ts';
import { systemClock } from '../../src/system/clock.ts';
import { startProduct, type Child } from './children.ts';
import { judge } from './shop-judge.ts';
import { openShops, type Shops } from './shops.ts';

const PLANTED = ['#1018 totals-differ', '#5014 unmapped-payment', '#5061 unmapped-payment', '#5121 unmapped-payment'];
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function shopsFor(options: Parameters<typeof openShops>[0]): Promise<Shops> {
  const shops = await openShops(options);
  closing.push(() => shops.close());
  return shops;
}

/** A round of the product: its exit code and everything that it said. */
async function once(shops: Shops): Promise<{ code: number | null; said: string; ms: number }> {
  const started = Date.now();
  const child = startProduct('--once', '--config', shops.config);
  const code = await child.ended;
  return { code, said: `${child.lines.join('\n')}\n${child.log()}`, ms: Date.now() - started };
}

/** `file:line:column` of the text in the file. */
function spot(file: string, text: string): string {
  const before = readFileSync(file, 'utf8').split(text)[0] ?? '';
  const lines = before.split('\n');
  return `${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

async function expectWell(shops: Shops, books = shops.books()): Promise<void> {
  const { store, close } = await shops.openStore();
  const { faults, parked } = await judge(store, books);
  await close();
  expect(faults).toEqual([]);
  expect(parked).toEqual(PLANTED);
}

describe('a configuration that is wrong', () => {
  it('ends the command with code 2 and all mistakes of its form, each with file, line and column', async () => {
    const shops = await shopsFor({ orders: 2 });
    shops.edit(
      ['zone: America/New_York\n    mapping', 'zone: America/New_Yrk\n    mapping'],
      ['currency: EUR', 'currency: EURO'],
    );
    const { code, said } = await once(shops);
    expect(code).toBe(2);
    expect(said).toContain(
      `${spot(shops.config, 'America/New_Yrk')} connections[0].zone: "America/New_Yrk" is not right; expected an IANA time zone.`,
    );
    expect(said).toContain(`${spot(shops.config, 'EURO')} companies[1].currency: "EURO" is not right;`);
    expect(said).not.toMatch(/\n\s+at .*\.ts:\d+/);
  }, 20_000);

  it('ends it likewise for what a connector and a mapping do not know, in both files at once', async () => {
    const shops = await shopsFor({ orders: 2 });
    shops.edit(['plan: plus', 'plan: plas']);
    shops.editMapping('harbour-eu', 'payments:\n', 'payment:\n');
    const { code, said } = await once(shops);
    expect(code).toBe(2);
    expect(said).toContain(`${spot(shops.config, 'plas,')} connections[0].settings.plan:`);
    expect(said).toContain(spot(join(shops.folder, 'harbour-eu.yaml'), 'payment:'));
    expect(said).not.toMatch(/\n\s+at .*\.ts:\d+/);
  }, 20_000);
});

describe('credentials that are wrong', () => {
  it('pause their connection alone, with what to do; the right ones let it go on', async () => {
    const shops = await shopsFor({ seed: 'credentials' });
    const secret = join(shops.folder, 'token');
    writeFileSync(secret, 'a-token-of-yesterday-0815\n');
    const text = readFileSync(shops.config, 'utf8');
    // Of the two shops the first: its token comes from a file.
    writeFileSync(shops.config, text.replace('accessToken: { sandbox: true }', `accessToken: { file: ${secret} }`));
    const first = await once(shops);
    expect(first.code).toBe(3);
    expect(first.said).toMatch(/harbour-us.*does not accept our credentials \(status 401\)/s);
    expect(first.said).toContain('Renew the credentials of this connection and check it again.');
    expect(first.said).not.toContain('a-token-of-yesterday-0815');
    const { store, close } = await shops.openStore();
    expect((await store.connections.paused()).map(({ _id, paused }) => [_id, paused?.code])).toEqual([
      ['harbour-us', 'unauthorized'],
    ]);
    expect((await judge(store, [shops.eu.books()])).faults.filter((fault) => !fault.includes('harbour-us'))).toEqual(
      [],
    );
    expect(await store.collections.orders.countDocuments({ connection: 'harbour-us' })).toBe(0);
    await close();

    writeFileSync(secret, `${shops.us.credentials.accessToken}\n`);
    expect((await once(shops)).code).toBe(0);
    await expectWell(shops);
  }, 40_000);

  it('that the remote accepts again let a running worker go on by itself', async () => {
    const shops = await shopsFor({ seed: 'again', only: 'harbour-eu' });
    await shops.eu.tell('scopes', { scopes: ['read_products'] });
    const scopes = [
      'read_orders',
      'read_all_orders',
      'read_customers',
      'read_returns',
      'read_merchant_managed_fulfillment_orders',
      'read_third_party_fulfillment_orders',
      'read_assigned_fulfillment_orders',
      'read_inventory',
      'read_locations',
      'read_products',
    ];
    const address = await shops.storeAddress();
    const worker: Child = startProduct('--config', shops.config);
    closing.push(async () => {
      worker.kill('SIGKILL');
      return worker.ended;
    });
    await worker.line('Stop with Ctrl-C');
    const store = await shops.connect(address);
    closing.push(() => store.close());
    while ((await store.connections.paused()).length === 0) await systemClock.sleep(50);
    const [paused] = await store.connections.paused();
    expect(paused?.paused?.code).toBe('missing-scope');
    expect(paused?.paused?.remedy).toMatch(/^In the app’s API access settings grant read_\w+/);
    await shops.eu.tell('scopes', { scopes });
    // What the schedule asks every minute.
    await store.jobs.enqueue([wantCheckConnection('harbour-eu')], Date.now());
    while (
      (await store.collections.orders.countDocuments({ stage: { $ne: 'captured' } })) < shops.eu.books().orders.length
    )
      await systemClock.sleep(50);
    while (await store.jobs.open(new Date(Date.now() + 20_000), [])) await systemClock.sleep(50);
    expect(await store.connections.paused()).toEqual([]);
    const { faults, parked } = await judge(store, shops.books());
    expect({ faults, parked }).toEqual({ faults: [], parked: PLANTED.filter((each) => each.startsWith('#5')) });
    worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  }, 40_000);
});

describe('a remote that is down from the start', () => {
  it('lets the round end by itself with code 3 and its name; when it is up the next round is complete', async () => {
    const shops = await shopsFor({ seed: 'down' });
    const port = await closedPort();
    shops.edit([shops.us.url, `http://127.0.0.1:${port}`]);
    const first = await once(shops);
    expect(first.code).toBe(3);
    expect(first.ms).toBeLessThan(60_000);
    expect(first.said).toMatch(/harbour-us.*the remote cannot be reached \(ECONNREFUSED\)/s);
    expect(first.said).toContain('Then check the base address of this connection too.');
    const { store, close } = await shops.openStore();
    expect(await store.collections.orders.countDocuments({ connection: 'harbour-eu' })).toBe(
      shops.eu.books().orders.length,
    );
    expect(await store.collections.orders.countDocuments({ connection: 'harbour-us' })).toBe(0);
    expect((await store.jobs.parked({ limit: 100 })).map(({ cause }) => cause?.code)).toEqual([
      'unmapped-payment',
      'unmapped-payment',
      'unmapped-payment',
    ]);
    await close();

    const today = Date.now() - (Date.now() % 86_400_000);
    const up = await startStandIn({
      config: { connection: 'harbour-us', orders: 560 },
      seed: 'down',
      today,
      clock: systemClock,
      port,
    });
    closing.push(() => up.close());
    const second = await once(shops);
    expect(second.code).toBe(0);
    await expectWell(shops, [up.books(), shops.eu.books()]);
  }, 100_000);
});

describe('a store that cannot be used', () => {
  it('is named with what to do: no folder, no store of ours, and one that a silent process holds', async () => {
    const shops = await shopsFor({ orders: 2 });
    const say = async (file: string): Promise<{ code: number | null; said: string }> => {
      const config = join(shops.folder, `${Math.random()}.yaml`);
      writeFileSync(config, readFileSync(shops.config, 'utf8').replace(shops.storeFile, file));
      const child = startProduct('--once', '--config', config);
      const code = await child.ended;
      return { code, said: child.log().trim() };
    };
    const garbage = join(shops.folder, 'garbage.db');
    writeFileSync(garbage, 'this was never a database, but it is long enough to look like a file of one.'.repeat(20));
    const held = join(shops.folder, 'held.db');
    const lock = new DatabaseSync(`${held}.lock`);
    lock.exec('BEGIN EXCLUSIVE');
    closing.push(async () => lock.close());

    const [under, broken, silent] = await Promise.all([say(join(shops.config, 'store.db')), say(garbage), say(held)]);
    expect(under).toEqual({
      code: 2,
      said: [
        `The master key file ${join(shops.config, 'store.db.key')} cannot be used: ENOTDIR: not a directory, stat '${join(shops.config, 'store.db.key')}'.`,
        'Check that the folder of the store exists and that this user may read and write in it, or name another store file.',
      ].join('\n'),
    });
    expect(broken.code).toBe(3);
    expect(broken.said).toBe(
      `The store file ${garbage} cannot be opened: it is no store of ours (file is not a database). Choose another file, or restore a backup over it.`,
    );
    expect(silent.code).toBe(3);
    expect(silent.said).toContain(`The store file ${held} is held by a process that does not answer`);
    expect(silent.said).toContain('Stop that process');
    expect(silent.said).not.toMatch(/\n\s+at .*\.ts:\d+/);
    // What was no store is left as it was.
    expect(readFileSync(garbage, 'utf8')).toContain('never a database');
  }, 40_000);
});

/** A port of this machine that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}
