import type { FulfillmentProvider } from '../connector/contract.ts';
import type { ConnectionId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { EffectDocument } from '../store/documents.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { Wanted } from '../store/job-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import type { Flow } from './flow.ts';
import { wantRecallRequests } from './wanted.ts';

/** When an order was placed is told by its channel's clock, which may be ahead of ours. */
const CLOCKS_MS = 600_000;

/** What nobody here knows since the newest restore: what of an order its providers were asked since the backup. */
export interface Doubt {
  readonly restored: Instant;
  /** The providers that can tell. */
  readonly providers: readonly ConnectionId[];
}

/** What of an order says whether it is in doubt. */
export type Doubtable = Pick<AllocatableOrder, '_id' | 'stage' | 'recalled'> & {
  readonly order: Pick<AllocatableOrder['order'], 'placedAt' | 'test'>;
};

/**
 * The doubt that the newest restore has left about some of these orders; null where there is none. Also a provider whose
 * switch is off is asked what it holds, since it was on perhaps; but not one that is off and paused: that is one that was
 * given up.
 */
export async function doubtOf({ store, connections }: Flow, orders: readonly Doubtable[]): Promise<Doubt | null> {
  const restored = await store.effects.restoredAt();
  if (restored === null || !orders.some((order) => isDoubted(order, { restored }))) return null;
  const providers = [...connections.values()].filter(({ capabilities }) => capabilities.provider !== undefined);
  if (providers.every(({ effects }) => effects.push === 'off')) return { restored, providers: [] };
  const paused = new Set((await store.connections.paused()).map(({ _id }) => _id));
  return {
    restored,
    providers: providers
      .filter(({ capabilities }) => capabilities.provider?.recall !== undefined)
      .filter(({ id, effects }) => effects.push !== 'off' || !paused.has(id))
      .map(({ id }) => id),
  };
}

/** The providers that are still to be asked what they hold of an order: until then it is handed on to nobody. */
export function toBeRecalled(order: Doubtable, doubt: Doubt | null): readonly ConnectionId[] {
  if (doubt === null || !isDoubted(order, doubt)) return [];
  return doubt.providers.filter((id) => notAskedSince(order, id, doubt.restored));
}

/** Whether an order may have been handed on before the restore. */
export function isDoubted({ stage, order }: Doubtable, { restored }: Pick<Doubt, 'restored'>): boolean {
  return stage !== 'history' && !order.test && order.placedAt < restored + CLOCKS_MS;
}

/**
 * Whether a provider that has told at an instant of something that we do not know to have asked for is to be asked what it
 * holds: what a worker that stood still had on its lips at the restore may have come to it later than all that was waited for.
 */
export function tellsOfMore(order: Doubtable, doubt: Doubt | null, provider: ConnectionId, at: Date): boolean {
  if (doubt === null || !isDoubted(order, doubt) || !doubt.providers.includes(provider)) return false;
  return notAskedSince(order, provider, Math.max(doubt.restored, at.getTime()));
}

function notAskedSince({ recalled }: Doubtable, provider: ConnectionId, since: Instant): boolean {
  return (recalled?.[provider]?.getTime() ?? 0) < since;
}

/** The work that ends the doubt about an order. */
export function wantsRecalled(order: Doubtable, doubt: Doubt | null): Wanted[] {
  return toBeRecalled(order, doubt).map((provider) => wantRecallRequests(provider, order._id));
}

/**
 * Whether a part that our books have as not sent may have been sent after the backup, to a provider that cannot tell what it
 * holds. What has been looked into since the restore is not doubted again.
 */
export async function mayHaveLeft(
  { store }: Flow,
  { at }: Pick<FulfillmentPart, 'at'>,
  { recall }: Pick<FulfillmentProvider, 'recall'>,
  effect: Pick<EffectDocument, 'at' | 'settleAt'> | null,
): Promise<boolean> {
  const restored = await store.effects.restoredAt();
  if (restored === null || recall !== undefined) return false;
  return Math.max((effect?.at ?? at).getTime(), effect?.settleAt?.getTime() ?? 0) < restored;
}
