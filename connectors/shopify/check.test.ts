import { afterEach, describe, expect, it } from '@jest/globals';
import connector from './index.ts';
import { SCOPES } from './check.ts';
import { openTestShop } from './test-shop.ts';
import type { TestShop } from './test-shop.ts';

const open: TestShop[] = [];
async function shop(
  scopes: readonly string[],
  settings = {},
  myshopifyDomain = 'harbour-us.myshopify.com',
): Promise<TestShop> {
  const accessScopes = scopes.map((handle) => ({ handle }));
  const answer = { data: { shop: { myshopifyDomain }, currentAppInstallation: { accessScopes } } };
  const opened = await openTestShop(() => answer, settings);
  open.push(opened);
  return opened;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
const check = (to: TestShop): Promise<void> => connector.open(to.config, to.io).check();

describe('checking a connection', () => {
  it('passes with every scope, a write scope standing for its read', async () => {
    const to = await shop(SCOPES.map((scope) => (scope === 'read_orders' ? 'write_orders' : scope)));
    await expect(check(to)).resolves.toBeUndefined();
    expect(to.logged.filter((line) => line.includes('60 days'))).toEqual([]);
  });

  it('names each missing scope', async () => {
    const to = await shop(SCOPES.filter((scope) => scope !== 'read_returns' && scope !== 'read_inventory'));
    await expect(check(to)).rejects.toMatchObject({
      fault: 'config',
      code: 'missing-scope',
      message: 'The app in harbour-us.myshopify.com lacks read_returns, read_inventory',
    });
  });

  it('refuses the token of another shop', async () => {
    await expect(check(await shop(SCOPES, {}, 'other.myshopify.com'))).rejects.toMatchObject({
      fault: 'config',
      code: 'wrong-shop',
    });
  });

  it('wants read_all_orders where the configuration counts on it, and else says that older orders stay out of sight', async () => {
    await expect(check(await shop(SCOPES, { readAllOrders: true }))).rejects.toMatchObject({ code: 'missing-scope' });
    const old = await shop(SCOPES, { cutOver: '2026-01-01T00:00:00Z' });
    await check(old);
    expect(old.logged.join()).toContain('only the last 60 days');
  });
});

describe('the settings of a connection', () => {
  const given = {
    shop: 'harbour-us.myshopify.com',
    accessToken: 't',
    webhookSecret: 's',
    cutOver: '2026-11-01T00:00:00Z',
  };

  it('are read with their defaults', () => {
    expect(connector.config.parse(given)).toEqual({
      ...given,
      plan: 'standard',
      overlapMinutes: 5,
      ordersPerPage: 33,
      itemsPerPage: 90,
      readAllOrders: false,
      writes: false,
      metafields: [],
    });
  });

  it.each([
    ['shop', 'shop.harbour.com'],
    ['cutOver', '2026-11-01T00:00:00'],
    ['plan', 'gold'],
    ['metafields', ['gift']],
    ['pageSize', 10],
  ])('are refused where %s is %j', (key, value) => {
    expect(connector.config.safeParse({ ...given, [key]: value }).success).toBe(false);
  });

  it.each([
    ['standard', 100, 2000],
    ['advanced', 200, 4000],
    ['plus', 1000, 20000],
    ['enterprise', 2000, 40000],
  ] as const)('give the %s plan its cost bucket', (plan, perSecond, capacity) => {
    const config = connector.config.parse({ ...given, plan });
    expect(connector.budgets(config)).toEqual([{ name: 'graphql', perSecond, capacity }]);
  });
});
