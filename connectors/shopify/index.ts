import { defineConnector } from '../../src/connector/contract.ts';
import { openAssignments } from './assignments.ts';
import { check } from './check.ts';
import { openClient } from './client.ts';
import { API_SUNSET, API_VERSION, budgets, shopifyConfig } from './config.ts';
import type { ShopifyConfig } from './config.ts';
import { openConfirmations } from './confirmations.ts';
import { openInventory } from './inventory.ts';
import { openOrders } from './orders.ts';
import { openStock } from './stock.ts';
import { openWebhooks } from './webhooks.ts';

/** Shopify: a shop's orders, its stock by location, webhooks as hints, and what it is told of shipments and stock, over the Admin GraphQL API. */
export default defineConnector<ShopifyConfig>({
  kind: 'shopify',
  api: () => ({ version: API_VERSION, sunset: API_SUNSET }),
  config: shopifyConfig,
  budgets,
  open(config, io) {
    const client = openClient(config, io);
    return {
      orders: openOrders(client, config, io),
      stock: openStock(client, config, io),
      webhooks: openWebhooks(client, config),
      ...(config.writes
        ? {
            confirmations: openConfirmations(client),
            assignments: openAssignments(client),
            inventory: openInventory(client, config),
          }
        : {}),
      check: (signal) => check(client, config, io, signal),
    };
  },
});
