import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { business } from '../../src/connector/sandbox/business/business.ts';
import { orderId } from '../../src/domain/ids.ts';
import { crossdock, startChild } from './children.ts';
import { openShops, type Shops } from './shops.ts';

const SEED = 'personal';
let shops: Shops;
/** Everything that the round has printed and logged, at the most talkative level. */
let said = '';
/** Every name, mail address, street, telephone number, internet address and note of a buyer. */
const personal = new Set<string>();

beforeAll(async () => {
  shops = await openShops({ seed: SEED, timeoutMs: 1_000 });
  shops.edit(['level: info', 'level: debug']);
  const today = Date.now() - (Date.now() % 86_400_000);
  const made = business({ seed: SEED, today });
  for (const shop of ['harbour-us', 'harbour-eu']) {
    for (const { person, shippingAddress, billingAddress, ip, note } of made.sales(shop)) {
      const told = [ip, note, person?.email, person?.phone, person && `${person.first} ${person.last}`];
      const addresses = [shippingAddress, billingAddress].flatMap((address) =>
        address ? [`${address.first} ${address.last}`, address.street, address.phone] : [],
      );
      for (const text of [...told, ...addresses]) if (text) personal.add(text);
    }
  }
  // A remote that fails has its say in the log too.
  for (const [index, kind] of (['malformed', '5xx', 'cut-after-apply', 'timeout', '429'] as const).entries()) {
    shops.us.control.fail({ kind, match: { body: 'query Orders(' }, after: 1 + 2 * index, retryAfterS: 0.2 });
  }
  const child = startChild(shops.config, 'once');
  expect(await child.ended).toBe(0);
  expect(shops.us.control.pendingFaults()).toEqual([]);
  said = `${child.lines.join('\n')}\n${child.log()}`;
}, 60_000);
afterAll(() => shops.close());

/** What of the buyers stands in a text. */
function found(text: string): string[] {
  return [...personal].filter((each) => text.includes(each));
}

/** Leaves out sealed bytes, which JSON tells in base64: the bytes of the file are searched too. */
function unsealed(name: string, value: unknown): unknown {
  return typeof value === 'string' && (name === 'body' || name === 'personal' || name === 'wrapped')
    ? undefined
    : value;
}

describe('what is personal', () => {
  it('is worth looking for: the sandbox has hundreds of names, addresses and numbers', () => {
    expect(personal.size).toBeGreaterThan(1_000);
    expect(said.length).toBeGreaterThan(3_000);
    expect(found([...personal].slice(0, 3).join(' and ')).length).toBeGreaterThanOrEqual(3);
  });

  it('stands in no log line of a round, also of one whose remote fails', () => {
    expect(found(said)).toEqual([]);
    // Once for each failure and once for the end of the walk.
    expect(said.match(/"message":"Pulled orders\."/g)?.length).toBe(1 + 6);
  });

  it('is in no document in the clear: not in jobs, runs, orders or their past, nor anywhere in the file of the store', async () => {
    const { store, close } = await shops.openStore();
    const { keys: _keys, ...collections } = store.collections;
    const read: Record<string, number> = {};
    for (const [name, collection] of Object.entries(collections)) {
      const documents = await collection.find({}).toArray();
      read[name] = documents.length;
      expect({ name, found: found(JSON.stringify(documents, unsealed)) }).toEqual({ name, found: [] });
    }
    await close();
    expect({ orders: read['orders'], raws: read['raws'], jobs: read['jobs'] }).toEqual({
      orders: 560,
      raws: 560,
      jobs: 4,
    });
    for (const file of [shops.storeFile, `${shops.storeFile}-wal`].filter(existsSync)) {
      expect(found(readFileSync(file, 'utf8'))).toEqual([]);
    }
    // It is the right file, and not packed as a whole: what is not personal can be read in it.
    expect(readFileSync(shops.storeFile, 'utf8')).toContain('The payment method "klarna" is not mapped.');
  }, 20_000);

  it('is shown by no command that was not asked for it, and by the one that was', async () => {
    const args = ['--config', shops.config];
    for (const words of [
      ['orders', 'show', '#1018'],
      ['orders', 'show', '#5014', '--json'],
      ['orders', 'list', '--json'],
      ['parked', 'list', '--json'],
    ]) {
      const { code, out, err } = await crossdock(...words, ...args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out.length).toBeGreaterThan(100);
      expect(found(out)).toEqual([]);
    }
    const asked = await crossdock('orders', 'show', '#1018', '--personal', '--json', ...args);
    expect(asked.code).toBe(0);
    expect(found(asked.out).length).toBeGreaterThan(2);
  }, 30_000);

  it('cannot be read by anyone once its key is destroyed; the order itself stays, and goes on', async () => {
    const target = shops.us
      .books()
      .orders.find(
        ({ story, cancelled, lines }) => story === 'plain' && !cancelled && lines.every(({ shipped }) => shipped === 0),
      );
    const id = orderId('harbour-us', target?.id ?? '');
    const first = await shops.openStore();
    const [before] = await first.store.orders.read([id]);
    if (before === undefined) throw new Error('there is no such order');
    expect(found(JSON.stringify(await first.store.orders.openPersonal(before))).length).toBeGreaterThan(0);
    expect(await first.store.vault.erase(id)).toBe(true);
    expect(await first.store.orders.openPersonal(before)).toBeNull();
    await first.close();

    const again = await shops.openStore();
    expect(await again.store.orders.openPersonal(before)).toBeNull();
    expect((await again.store.raws.history(id)).map(({ n, text }) => ({ n, text }))).toEqual([{ n: 1, text: null }]);
    // Erasing edits nothing: what is sealed stands there as it did, and so does all that is not personal.
    expect(await again.store.orders.read([id])).toEqual([before]);
    await again.close();
    const shown = await crossdock('orders', 'show', before.number, '--personal', '--json', '--config', shops.config);
    expect({ code: shown.code, err: shown.err }).toEqual({ code: 0, err: '' });
    expect(found(shown.out)).toEqual([]);
  }, 30_000);

  it('that comes anew with a change of an erased order is sealed under a new key, and the order follows its channel', async () => {
    const target = shops.us
      .books()
      .orders.filter(
        ({ story, cancelled, lines }) => story === 'plain' && !cancelled && lines.every(({ shipped }) => shipped === 0),
      )[1];
    const id = orderId('harbour-us', target?.id ?? '');
    const first = await shops.openStore();
    expect(await first.store.vault.erase(id)).toBe(true);
    await first.close();
    await shops.us.tell('change', { order: target?.id, kind: 'edit-add' });
    const child = startChild(shops.config, 'once');
    expect(await child.ended).toBe(0);

    const again = await shops.openStore();
    const [after] = await again.store.orders.read([id]);
    const version = shops.us.books().orders.find((each) => each.id === target?.id)?.version;
    expect({ version: after?.version, lines: after?.order.lines.length }).toEqual({
      version,
      lines: (target?.lines.length ?? 0) + 1,
    });
    expect((await again.store.raws.history(id)).map(({ n, text }) => ({ n, readable: text !== null }))).toEqual([
      { n: 1, readable: false },
      { n: 2, readable: true },
    ]);
    expect(
      (await again.store.jobs.parked({ limit: 10 })).map(({ kind, cause }) => `${kind} ${cause?.code ?? ''}`).sort(),
    ).toEqual(['account-order totals-differ', ...Array.from({ length: 3 }, () => 'account-order unmapped-payment')]);
    await again.close();
    const shown = await crossdock('orders', 'show', id, '--json', '--config', shops.config);
    expect({ code: shown.code, err: shown.err }).toEqual({ code: 0, err: '' });
  }, 40_000);
});
