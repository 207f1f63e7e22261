import type { Capabilities, OrderSource, StockSource } from '../connector/contract.ts';
import type { Mapping } from '../connector/mapping/mapping.ts';
import type { SourcingRules } from '../domain/allocate.ts';
import { SyncError } from '../domain/errors.ts';
import type { CompanyId, ConnectionId, LocationId } from '../domain/ids.ts';
import type { AccountMap } from '../domain/ledger/account-map.ts';
import type { Clock, Log, Meter, Random } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import type { Store } from '../store/open-store.ts';

/** Whether an effect is made: `shadow` = computed, frozen and shown, not sent. */
export type Switch = 'off' | 'shadow' | 'on';

/**
 * The verbs that change something at a remote. `push` also stands for taking back what was pushed, `confirm` for moving
 * the channel's own assignment to the location that ships.
 */
export type EffectVerb = 'push' | 'confirm' | 'publish' | 'post';

/** Nothing is changed at the remote. */
export const NO_EFFECTS: Readonly<Record<EffectVerb, Switch>> = {
  push: 'off',
  confirm: 'off',
  publish: 'off',
  post: 'off',
};

/** How a channel's books are kept, and where they are posted. */
export interface BookKeeping {
  /** The connection of the ERP. */
  readonly ledger: ConnectionId;
  /** Which of an order's two currencies is booked. */
  readonly side: 'shop' | 'buyer';
  /** The most lines of one document. */
  readonly maxLines: number;
}

/** A configured connection, opened. */
export interface FlowConnection {
  readonly id: ConnectionId;
  readonly company: CompanyId;
  readonly zone: string;
  /** Orders placed before are history and cause no effects. */
  readonly cutOver: Instant;
  readonly mapping: Mapping;
  readonly effects: Readonly<Record<EffectVerb, Switch>>;
  /** Null = nothing of it is booked. */
  readonly books: BookKeeping | null;
  /** The ERP's accounts; null where the connection is none. */
  readonly accounts: AccountMap | null;
  /** Units that are never published, at each location. */
  readonly buffer: number;
  readonly capabilities: Capabilities;
}

/** What every flow is given: the connections, the store, the rules, and the only sources of time and counts. */
export interface Flow {
  readonly store: Store;
  /** The store's: what is written by it is compared by other workers. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  readonly connections: ReadonlyMap<ConnectionId, FlowConnection>;
  /** The sourcing rules without the destination, which is each order's own. */
  readonly sourcing: Omit<SourcingRules, 'destination'>;
  /** What the channel's own choice of a location means to us. */
  readonly assigned: 'kept' | 'ours to choose';
  /** The one connection whose counts of a location are taken, where the location names one. */
  readonly stockFrom: ReadonlyMap<LocationId, ConnectionId>;
  /** The provider of each location that has one: who is asked to ship from there. */
  readonly shipsBy: ReadonlyMap<LocationId, ConnectionId>;
  /** Where remotes reach this worker's web server, without a slash at the end; null = they do not, and nothing is subscribed. */
  readonly publicUrl: string | null;
  /** How long personal data is kept once an order has ended, in milliseconds. */
  readonly personalMs: number;
}

/** Who is asked to ship from where, and whether that is sent. */
export function handsOn({ shipsBy, connections }: Pick<Flow, 'shipsBy' | 'connections'>): {
  readonly shipsBy: Flow['shipsBy'];
  readonly push: (provider: ConnectionId) => Switch;
} {
  return { shipsBy, push: (provider) => connections.get(provider)?.effects.push ?? 'off' };
}

/** @throws SyncError `config` when a job names a connection that is not configured (any more). */
export function connectionOf(flow: Flow, id: ConnectionId): FlowConnection {
  const connection = flow.connections.get(id);
  if (connection !== undefined) return connection;
  throw new SyncError('data', `The connection ${id} is not in the configuration of this worker.`, {
    code: 'unknown-connection',
    remedy: `Put the connection ${id} back into the configuration, or dismiss the job.`,
  });
}

export function orderSource(connection: FlowConnection): OrderSource {
  if (connection.capabilities.orders !== undefined) return connection.capabilities.orders;
  throw lacking(connection, 'orders');
}

export function stockSource(connection: FlowConnection): StockSource {
  if (connection.capabilities.stock !== undefined) return connection.capabilities.stock;
  throw lacking(connection, 'stock');
}

function lacking(connection: FlowConnection, what: string): SyncError {
  return new SyncError('data', `The connection ${connection.id} is no source of ${what}.`, {
    code: 'capability',
    remedy: `Take the schedule for ${what} out of the configuration of ${connection.id}.`,
  });
}
