import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Publication } from '../../src/domain/fulfillment.ts';
import { failureOf, HASTY_MS, openRig, printed, type Rig } from '../../test/contract/rig.ts';
import { SECRET, TOKEN } from './test-shop.ts';
import { openWritable, startWritableShop, type WritableShop } from './test-writes.ts';

let shop: WritableShop;
let rig: Rig;

beforeEach(async () => {
  shop = await startWritableShop('inventorySetQuantities(');
  rig = openRig([TOKEN, SECRET], HASTY_MS);
});
afterEach(async () => {
  rig.close();
  await shop.close();
  expect(shop.problems()).toEqual([]);
});

/** The first numbers that the shop shows, each to become three more. */
async function threeMore(count: number): Promise<Publication[]> {
  const { inventory } = openWritable(shop.url, rig.io);
  for await (const page of inventory.all())
    return page.slice(0, count).map((level) => ({ ...level, wanted: level.available + 3 }));
  throw new Error('the shop keeps no stock');
}

async function shown({ listing, location }: Publication): Promise<number | undefined> {
  return (await shop.told()).levels.find((level) => level.listing === listing && level.location === location)
    ?.available;
}

describe('publishing what is left', () => {
  it('sets the number in place of exactly the one that was read, and the same key again changes nothing', async () => {
    const { inventory } = openWritable(shop.url, rig.io);
    const [one, two] = await threeMore(2);
    if (one === undefined || two === undefined) throw new Error('the shop keeps too little');
    expect(await inventory.publish([one, two], 'publish:1')).toEqual(['done', 'done']);
    expect(await openWritable(shop.url, rig.io).inventory.publish([one, two], 'publish:1')).toEqual(['done', 'done']);
    expect([await shown(one), await shown(two)]).toEqual([one.wanted, two.wanted]);
  });

  it('says which number has moved on since, sets the others, and leaves that one as it stands', async () => {
    const { inventory } = openWritable(shop.url, rig.io);
    const [one, two] = await threeMore(2);
    if (one === undefined || two === undefined) throw new Error('the shop keeps too little');
    const stale = { ...one, available: one.available - 1 };
    expect(await inventory.publish([stale, two], 'publish:1')).toEqual(['moved on', 'done']);
    expect([await shown(one), await shown(two)]).toEqual([one.available, two.wanted]);
  });

  it.each([
    ['401', 'config'],
    ['429', 'throttled'],
    ['throttled', 'throttled'],
    ['5xx', 'unknown'],
    ['cut-before-apply', 'unknown'],
    ['timeout', 'unknown'],
    ['cut-after-apply', 'unknown'],
    ['timeout-after-apply', 'unknown'],
    ['malformed', 'unknown'],
  ] as const)(
    'says of %s: %s, with nothing secret; the same key once more sets the number once',
    async (kind, fault) => {
      const { inventory } = openWritable(shop.url, rig.io);
      const [one] = await threeMore(1);
      if (one === undefined) throw new Error('the shop keeps nothing');
      const began = rig.io.clock.now();
      shop.fail({ kind, retryAfterS: 7 });
      const error = await failureOf(inventory.publish([one], 'publish:1'));
      expect({ fault: error.fault, message: error.message }).toEqual({ fault, message: error.message });
      if (kind === '429') expect(error.retryAt).toBeGreaterThanOrEqual(began + 7_000);
      expect(error.remedy).not.toBe('');
      expect([...rig.logged, printed(error)].join('\n')).not.toContain(TOKEN);
      expect(await inventory.publish([one], 'publish:1')).toEqual(['done']);
      expect(await shown(one)).toBe(one.wanted);
    },
  );
});
