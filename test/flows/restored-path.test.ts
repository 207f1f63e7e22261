import { afterAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { crossdock, startChild, startProduct } from './children.ts';
import { judgePath } from './path-judge.ts';
import { openRemotes, type Remotes } from './remotes.ts';
import { roundsToRest } from './to-rest.ts';

/** What was under way at a restore is waited for this long, and a little more. */
const SETTLED_MS = 32_000;
let remotes: Remotes | null = null;

afterAll(() => remotes?.close());

/** The remotes go on living. */
async function live(open: Remotes): Promise<void> {
  for (const shop of ['harbour-us', 'harbour-eu'])
    await open.tell(shop, 'do/tick', { orders: 8, changes: 8, counts: 0 });
}

describe('the whole path, brought back to an older backup', () => {
  it('leaves one request, one confirmation and one document of each, and knows all of them again', async () => {
    remotes = await openRemotes({
      seed: 'restored-path-1',
      edit: (configuration) => {
        for (const { connector, settings } of configuration.connections)
          if (connector === 'shopify') settings['pointsPerSecond'] = 1_000_000;
      },
    });
    const { config, folder } = remotes;
    const backup = join(folder, 'backup.db');
    const first = startChild(config, 'once');
    // Some of it is handed on by now, nothing has been confirmed, and the rest happens after the backup.
    await first.line('step shipments');
    expect(await crossdock('backup', backup, '--config', config)).toMatchObject({ code: 0 });
    expect(await first.ended).toBe(0);
    await live(remotes);
    expect(await startProduct('--once', '--config', config).ended).toBe(0);
    await live(remotes);
    const before = await remotes.openStore();
    const orders = await before.store.collections.orders.countDocuments({});
    await before.close();

    expect(await crossdock('restore', backup, '--config', config)).toMatchObject({ code: 0 });
    // At once, while nobody may be asked for anything yet.
    await startProduct('--once', '--config', config).ended;
    await wait(SETTLED_MS);
    expect(await roundsToRest(remotes)).toEqual({ code: 0, said: [expect.stringMatching(/^\s*✓ .*: 0 differences$/)] });
    const { store, close } = await remotes.openStore();
    const closed = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    const { faults, seen } = await judgePath(store, remotes, closed);
    const recalled = await store.collections.orders.countDocuments({ 'trail.step': 'recalled' });
    expect(await store.collections.orders.countDocuments({})).toBeGreaterThan(orders);
    await close();
    expect(faults).toEqual([]);
    expect(recalled).toBeGreaterThan(0);
    expect(seen.requests).toBeGreaterThan(100);
    expect(seen.confirmations).toBeGreaterThan(100);
    expect(seen.documents).toBeGreaterThan(20);
    for (const id of remotes.ids) expect(await remotes.ask(id, 'problems')).toEqual([]);
  }, 600_000);
});
