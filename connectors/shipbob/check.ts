import { SyncError } from '../../src/domain/errors.ts';
import { channels, locations } from './answers.ts';
import { listChannels, listLocations } from './calls.ts';
import type { ShipBobClient } from './client.ts';
import type { ShipBobConfig } from './config.ts';
import { itemsOf } from './pages.ts';

/** Without writing orders there is nothing to connect for (https://developer.shipbob.com/guides/build-orders-integration). */
const NEEDED = 'orders_write';

/**
 * Proves address, token, channel and fulfillment centers.
 * @throws SyncError `config` for a wrong token, a channel that is not there or cannot be written to, or a center that does not ship.
 */
export async function check(client: ShipBobClient, config: ShipBobConfig, signal?: AbortSignal): Promise<void> {
  let scopes: readonly string[] | null = null;
  for await (const channel of itemsOf(client, listChannels, channels, signal)) {
    if (channel.id === config.channel) scopes = channel.scopes ?? [];
  }
  if (scopes === null) {
    throw wrong(
      'wrong-channel',
      'settings.channel',
      `This token sees no ShipBob channel ${config.channel}`,
      'Give the id of the channel that this token was made for.',
    );
  }
  if (!scopes.includes(NEEDED)) {
    const remedy = `Give the id of the channel that this token may write to, or a token with ${NEEDED}.`;
    throw wrong('missing-scope', 'settings.channel', `The channel ${config.channel} lacks ${NEEDED}`, remedy);
  }
  const { value } = await client.ask(listLocations(), locations, signal);
  for (const [location, center] of Object.entries(config.centers)) {
    const found = (value ?? []).find(({ id }) => id === center);
    const ships = found !== undefined && found.is_active && found.is_shipping_enabled && found.access_granted;
    if (ships) continue;
    const says = found === undefined ? 'is not known to ShipBob' : 'does not ship for this account';
    const remedy = 'Correct the id of the fulfillment center, or have ShipBob grant access to it.';
    throw wrong('wrong-center', `settings.centers.${location}`, `The fulfillment center ${center} ${says}`, remedy);
  }
}

function wrong(code: string, field: string, message: string, remedy: string): SyncError {
  return new SyncError('config', message, { code, field, remedy });
}
