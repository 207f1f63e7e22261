import type { Connector } from '../src/connector/contract.ts';
import type { Clock } from '../src/domain/ports.ts';
import type { Instant } from '../src/domain/time.ts';
import netsuite from './netsuite/index.ts';
import { startStandIn as startNetsuite, standInConfig as netsuiteStandIn } from './netsuite/sandbox.ts';
import shipbob from './shipbob/index.ts';
import { startStandIn as startShipBob } from './shipbob/sandbox.ts';
import shopify from './shopify/index.ts';
import { startStandIn as startShopify } from './shopify/sandbox.ts';

/** Every connector by its kind, the name that a connection's `connector` says in the configuration file. */
export const connectors: Readonly<Record<string, Connector>> = { netsuite, shipbob, shopify };

/** What a stand-in of a remote is started with. */
export interface StandInStart {
  readonly connection: string;
  /** What the connector itself is configured with. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly seed: string;
  /** The present of the sandbox's business. */
  readonly today: Instant;
  readonly clock: Clock;
  readonly port?: number;
  /** A file in which the stand-in outlives its own restart; absent = it does not. */
  readonly snapshot?: string;
}

/** How the stand-in of each kind of remote is started. */
export const standIns: Readonly<
  Record<string, (start: StandInStart) => Promise<{ readonly url: string; close(): Promise<void> }>>
> = {
  netsuite: ({ connection, input, clock, port, snapshot }) =>
    startNetsuite({
      config: netsuiteStandIn(connection, input),
      clock,
      ...(snapshot !== undefined && { snapshot }),
      ...(port !== undefined && { port }),
    }),
  // Its orders leave at once, so that a whole round can be watched; a test may want to say when.
  shipbob: (start) => startShipBob({ ...start, shipAfterMs: start.input['sandboxShips'] === 'when told' ? null : 0 }),
  shopify: ({ connection, input, seed, today, clock, port, snapshot }) =>
    startShopify({
      config: {
        connection,
        ...planOf(input['plan']),
        ...pointsOf(input['pointsPerSecond']),
        ...ordersOf(input['sandboxOrders']),
      },
      seed,
      today,
      clock,
      ...(snapshot === undefined ? {} : { snapshot }),
      ...(port === undefined ? {} : { port }),
    }),
};

function planOf(plan: unknown): { plan?: 'standard' | 'advanced' | 'plus' | 'enterprise' } {
  return plan === 'standard' || plan === 'advanced' || plan === 'plus' || plan === 'enterprise' ? { plan } : {};
}

function pointsOf(pointsPerSecond: unknown): { pointsPerSecond?: number } {
  return typeof pointsPerSecond === 'number' ? { pointsPerSecond } : {};
}

function ordersOf(orders: unknown): { orders?: number } {
  return typeof orders === 'number' ? { orders } : {};
}
