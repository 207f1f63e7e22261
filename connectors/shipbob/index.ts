import { defineConnector } from '../../src/connector/contract.ts';
import { check } from './check.ts';
import { openClient } from './client.ts';
import { API_SUNSET, API_VERSION, budgets, shipbobConfig } from './config.ts';
import type { ShipBobConfig } from './config.ts';
import { openProvider } from './provider.ts';
import { openShipments } from './shipments.ts';
import { openStock } from './stock.ts';
import { openWebhooks } from './webhooks.ts';

/** ShipBob: a 3PL that is sent orders, counts stock by fulfillment center and reports what left. */
export default defineConnector<ShipBobConfig>({
  kind: 'shipbob',
  api: () => ({ version: API_VERSION, sunset: API_SUNSET }),
  config: shipbobConfig,
  budgets,
  open(config, io) {
    const client = openClient(config, io);
    return {
      provider: openProvider(client, config),
      shipments: openShipments(client, config, io),
      stock: openStock(client, config, io),
      ...(config.webhookSecret === undefined ? {} : { webhooks: openWebhooks(client, config.webhookSecret) }),
      check: (signal) => check(client, config, signal),
    };
  },
});
