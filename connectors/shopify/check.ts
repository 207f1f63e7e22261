import type { Io } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { parseInstant } from '../../src/domain/time.ts';
import type { ShopifyClient } from './client.ts';
import type { ShopifyConfig } from './config.ts';
import { unexpected } from './connections.ts';
import { CHECK } from './documents.ts';
import { isObject } from './field.ts';

/** The access scopes without which something would be missing (https://shopify.dev/docs/api/usage/access-scopes). */
export const SCOPES = [
  'read_orders',
  'read_customers',
  'read_returns',
  'read_merchant_managed_fulfillment_orders',
  'read_third_party_fulfillment_orders',
  'read_assigned_fulfillment_orders',
  'read_inventory',
  'read_locations',
  'read_products',
] as const;

/** What telling the shop of shipments and stock needs beside. */
export const WRITE_SCOPES = [
  'write_merchant_managed_fulfillment_orders',
  'write_third_party_fulfillment_orders',
  'write_inventory',
] as const;

/** Without `read_all_orders` Shopify lists orders of the last 60 days only. */
const VISIBLE_MS = 60 * 86_400_000;

/**
 * Proves address, token and scopes with one call of a few points.
 * @throws SyncError `config`: another shop behind the address, or a missing scope, each named.
 */
export async function check(client: ShopifyClient, config: ShopifyConfig, io: Io, signal?: AbortSignal): Promise<void> {
  const data = await client.query(CHECK, {}, signal);
  const shop = data['shop'];
  const installation = data['currentAppInstallation'];
  if (!isObject(shop) || !isObject(installation) || !Array.isArray(installation['accessScopes']))
    throw unexpected(CHECK);
  if (shop['myshopifyDomain'] !== config.shop) {
    throw new SyncError('config', `The token for ${config.shop} is one of another shop`, {
      code: 'wrong-shop',
      field: 'settings.shop',
      remedy: 'Correct the shop’s domain, or give the access token that was made in this shop.',
    });
  }
  const granted = new Set<unknown>();
  for (const scope of installation['accessScopes']) if (isObject(scope)) granted.add(scope['handle']);
  // A write scope includes the reading of the same.
  const missing = SCOPES.filter((scope) => !granted.has(scope) && !granted.has(scope.replace(/^read_/, 'write_')));
  const wanted: string[] = [...missing];
  if (config.readAllOrders && !granted.has('read_all_orders')) wanted.push('read_all_orders');
  if (config.writes) wanted.push(...WRITE_SCOPES.filter((scope) => !granted.has(scope)));
  if (wanted.length > 0) {
    throw new SyncError('config', `The app in ${config.shop} lacks ${wanted.join(', ')}`, {
      code: 'missing-scope',
      remedy: `In the app’s API access settings grant ${wanted.join(', ')}, approve it for the shop, then check again.`,
    });
  }
  const visibleFrom = io.clock.now() - VISIBLE_MS;
  if (!granted.has('read_all_orders') && parseInstant(config.cutOver, 'cutOver') < visibleFrom) {
    io.log.warn(
      'Shopify shows only the last 60 days of orders: the cut-over lies before them and read_all_orders is not granted',
      {
        shop: config.shop,
        cutOver: config.cutOver,
      },
    );
  }
}
