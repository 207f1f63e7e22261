import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startProduct } from './children.ts';
import { judgePath } from './path-judge.ts';
import { openRemotes, type Remotes } from './remotes.ts';

const ORDERS = 120;
/** Well below what a round waits in vain for a remote that it does not know to be away, and room for a busy machine. */
const PATIENT_MS = 45_000;
let remotes: Remotes | null = null;

afterEach(async () => {
  await remotes?.close();
  remotes = null;
});

async function once(open: Remotes): Promise<{ code: number | null; said: string; ms: number }> {
  const began = Date.now();
  const child = startProduct('--once', '--config', open.config);
  const code = await child.ended;
  return { code, said: `${child.lines.join('\n')}\n${child.log()}`, ms: Date.now() - began };
}

/** Puts an address where nobody listens in the place of each of these remotes'; gives back the way to put that right. */
async function takeAway(open: Remotes, ids: readonly string[]): Promise<() => void> {
  const whole = readFileSync(open.config, 'utf8');
  let text = whole;
  for (const id of ids) text = text.replaceAll(open.address(id), `http://127.0.0.1:${await closedPort()}`);
  writeFileSync(open.config, text);
  return () => writeFileSync(open.config, whole);
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}

/** Everything is done and nothing twice, by the remotes' own books. */
async function expectWhole(open: Remotes): Promise<void> {
  const { store, close } = await open.openStore();
  const { faults, seen } = await judgePath(
    store,
    open,
    new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10),
  );
  await close();
  expect(faults).toEqual([]);
  expect(seen.requests).toBeGreaterThan(10);
  expect(seen.shipped).toBeGreaterThan(10);
  expect(seen.documents).toBeGreaterThan(5);
}

/** What `--once` has to say of each remote while these are away. */
function expectNamed(open: Remotes, said: string, away: readonly string[]): void {
  expect(said).not.toContain('Nothing has moved');
  const cut = said.split('\n').filter((line) => line.includes('cannot be reached (ECONNREFUSED)'));
  const named = open.ids.filter((id) => cut.some((line) => line.includes(id)));
  expect(named).toEqual(open.ids.filter((id) => away.includes(id)));
}

describe('a round while remotes of the second leg are away', () => {
  it.each([
    { what: 'an ERP', away: ['netsuite-eu'] },
    { what: 'every 3PL and ERP', away: ['shipbob-us', 'shipbob-eu', 'netsuite-us', 'netsuite-eu'] },
  ])(
    'ends by itself with code 3 and names them, the rest done; the next does what was left, once: $what',
    async ({ away }) => {
      remotes = await openRemotes({ seed: 'away', orders: ORDERS });
      const open = remotes;
      const bring = await takeAway(open, away);
      const first = await once(open);
      expect({ code: first.code, said: first.said }).toEqual({ code: 3, said: first.said });
      expectNamed(open, first.said, away);
      expect(first.ms).toBeLessThan(PATIENT_MS);
      for (const id of open.ids.filter((each) => !away.includes(each))) {
        const told = await open.told(id);
        if (id.startsWith('netsuite')) expect(told.documents.length).toBeGreaterThan(2);
        if (id.startsWith('shipbob')) expect(told.requests.length).toBeGreaterThan(2);
      }
      bring();
      const second = await once(open);
      expect({ code: second.code, said: second.said }).toEqual({ code: 0, said: second.said });
      await expectWhole(open);
    },
    100_000,
  );

  it('does the same where a 3PL goes away while its shelves are known: what it is asked for waits', async () => {
    remotes = await openRemotes({ seed: 'away', orders: ORDERS });
    const open = remotes;
    expect((await once(open)).code).toBe(0);
    const asked = async (id: string): Promise<number> => (await open.told(id)).requests.length;
    const before = { us: await asked('shipbob-us'), eu: await asked('shipbob-eu') };
    for (const shop of ['harbour-us', 'harbour-eu'])
      await open.tell(shop, 'do/tick', { orders: 12, changes: 0, counts: 0 });
    const bring = await takeAway(open, ['shipbob-us']);
    const away = await once(open);
    expect({ code: away.code, said: away.said }).toEqual({ code: 3, said: away.said });
    expectNamed(open, away.said, ['shipbob-us']);
    expect(away.ms).toBeLessThan(PATIENT_MS);
    expect(await asked('shipbob-eu')).toBeGreaterThan(before.eu);
    const { store, close } = await open.openStore();
    const waiting = await store.collections.jobs.countDocuments({ kind: 'push-fulfillment', state: 'ready' });
    await close();
    expect(waiting).toBeGreaterThan(0);
    bring();
    const whole = await once(open);
    expect({ code: whole.code, said: whole.said }).toEqual({ code: 0, said: whole.said });
    expect(await asked('shipbob-us')).toBe(before.us + waiting);
    await expectWhole(open);
  }, 240_000);
});
