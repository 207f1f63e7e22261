import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Binary } from 'bson';
import type { SyncError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { systemClock } from '../system/clock.ts';
import { openTestStore, type TestStore } from './test-store.ts';
import type { DataKey, Vault } from './vault.ts';

// A busy machine is slow, and no rule here is about speed.
jest.setTimeout(30_000);

const TEXT = 'Zoë Ångström, 12 Rue de l’Été, +33 1 23 45 67 89 🏠';

let opened: TestStore;
let vault: Vault;
beforeAll(async () => {
  opened = await openTestStore({ purgeEveryMs: 50 });
  ({ vault } = opened.store);
});
beforeEach(() => opened.clear());
afterAll(() => opened.close());

async function keyOf(subject: string, from: Vault = vault): Promise<DataKey> {
  const key = (await from.keysFor([subject])).get(subject);
  if (key === undefined) throw new Error(`no key of ${subject}`);
  return key;
}

const unopened = (why: string): Partial<SyncError> => ({
  fault: 'data',
  code: 'sealed-value',
  message: `A sealed value at here does not open: ${why}.`,
});

describe('a sealed value', () => {
  it('opens at its place with its key, letter by letter', async () => {
    const key = await keyOf('a');
    for (const text of ['', 'a', TEXT, TEXT.repeat(2_000)]) {
      expect(vault.open(key, 'here', vault.seal(key, 'here', text))).toBe(text);
    }
  });

  it('does not open anywhere else, with another key, or with any byte of it changed', async () => {
    const [key, other] = [await keyOf('b1'), await keyOf('b2')];
    const sealed = vault.seal(key, 'there', TEXT);
    const foreign = expect.objectContaining(unopened('it was moved, damaged or sealed under another key'));
    expect(() => vault.open(key, 'here', sealed)).toThrow(foreign);
    expect(() => vault.open(other, 'here', vault.seal(key, 'here', TEXT))).toThrow(foreign);
    const bytes = vault.seal(key, 'here', TEXT).value();
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(() => vault.open(key, 'here', new Binary(damaged))).toThrow(foreign);
    }
  });

  it('looks different each time, and shows nothing of its text', async () => {
    const key = await keyOf('c');
    const [one, two] = [vault.seal(key, 'here', TEXT), vault.seal(key, 'here', TEXT)];
    expect(Buffer.compare(one.value(), two.value())).not.toBe(0);
    expect(Buffer.from(one.value()).includes('Rue')).toBe(false);
  });
});

describe('a data key', () => {
  it('is made once when two workers need the same fifty at the same moment: what one seals, the other opens', async () => {
    const other = (await opened.another()).vault;
    const subjects = Array.from({ length: 50 }, (_, i) => `race-${i}`);
    const [ours, theirs] = await Promise.all([vault.keysFor(subjects), other.keysFor([...subjects].reverse())]);
    expect(await opened.store.collections.keys.countDocuments({})).toBe(50);
    for (const subject of subjects) {
      const [mine, its] = [ours.get(subject), theirs.get(subject)];
      if (mine === undefined || its === undefined) throw new Error(`no key of ${subject}`);
      expect(other.open(its, subject, vault.seal(mine, subject, TEXT))).toBe(TEXT);
    }
  });

  it('is not made by looking for it', async () => {
    expect((await vault.existingKeys(['unknown'])).size).toBe(0);
    expect(await opened.store.collections.keys.countDocuments({})).toBe(0);
  });

  it('does not open under another master key, which is named as the cause', async () => {
    await keyOf('d');
    const strange = (await opened.another({ masterKey: new Uint8Array(32).fill(8) })).vault;
    await expect(strange.keysFor(['d'])).rejects.toMatchObject({
      fault: 'data',
      code: 'sealed-value',
      message: 'A sealed value at key:d does not open: the master key is not the one it was written with.',
      remedy: 'Check CROSSDOCK_MASTER_KEY (or the key file beside the store) against the one this store was made with.',
    });
  });

  it('that was put in the place of another’s does not open', async () => {
    await Promise.all([keyOf('e1'), keyOf('e2')]);
    const { keys } = opened.store.collections;
    const row = await keys.findOne({ _id: 'e1' });
    if (row === null) throw new Error('no key');
    await keys.updateOne({ _id: 'e2' }, { $set: { wrapped: row.wrapped } });
    await expect((await opened.another()).vault.existingKeys(['e2'])).rejects.toMatchObject({ code: 'sealed-value' });
  });
});

describe('erasing', () => {
  it('destroys the key at once here, and in five minutes wherever it was still remembered', async () => {
    let now = systemClock.now();
    const clock: Clock = { now: () => now, sleep: systemClock.sleep };
    const other = (await opened.another({ clock })).vault;
    await Promise.all([keyOf('f'), keyOf('g')]);
    await other.existingKeys(['f', 'g']);
    expect(await vault.erase('f')).toBe(true);
    expect([...(await vault.existingKeys(['f', 'g'])).keys()]).toEqual(['g']);
    now += 300_001;
    expect([...(await other.existingKeys(['f', 'g'])).keys()]).toEqual(['g']);
    expect(await vault.erase('f')).toBe(false);
  });

  it('is for good: the next key of the same subject opens nothing of before', async () => {
    const sealed = vault.seal(await keyOf('h'), 'here', TEXT);
    await vault.erase('h');
    const next = await keyOf('h');
    expect(() => vault.open(next, 'here', sealed)).toThrow(expect.objectContaining({ code: 'sealed-value' }));
  });
});

describe('retention', () => {
  it('destroys a key when its time is over, and none before or without one', async () => {
    const now = Date.now();
    await vault.keysFor(['kept', 'later', 'over']);
    await vault.keysFor(['made-over'], new Date(now - 1));
    await vault.expire(
      new Map([
        ['over', new Date(now - 1)],
        ['later', new Date(now + 60_000)],
      ]),
    );
    const { keys } = opened.store.collections;
    for (let tries = 0; tries < 200 && (await keys.countDocuments({})) > 2; tries += 1) await systemClock.sleep(10);
    const left = await (await opened.another()).vault.existingKeys(['kept', 'later', 'over', 'made-over']);
    expect([...left.keys()].sort()).toEqual(['kept', 'later']);
  });

  it('never seals under a key that it has destroyed: the next one is made and stands in the store', async () => {
    await vault.keysFor(['short'], new Date(Date.now() + 100));
    const { keys } = opened.store.collections;
    for (let tries = 0; tries < 200 && (await keys.countDocuments({})) > 0; tries += 1) await systemClock.sleep(10);
    const sealed = vault.seal(await keyOf('short'), 'here', TEXT);
    const other = (await opened.another()).vault;
    expect(other.open(await keyOf('short', other), 'here', sealed)).toBe(TEXT);
  });

  it('that is lengthened in time keeps the key', async () => {
    await vault.keysFor(['i']);
    await vault.expire(new Map([['i', new Date(Date.now() + 400)]]));
    await vault.expire(new Map([['i', new Date(Date.now() + 60_000)]]));
    await systemClock.sleep(600);
    expect(await opened.store.collections.keys.countDocuments({ _id: 'i' })).toBe(1);
  });
});
