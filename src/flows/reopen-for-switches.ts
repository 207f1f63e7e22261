import { z } from 'zod';
import type { ConnectionId, LocationId } from '../domain/ids.ts';
import type { OrderDocument } from '../store/documents.ts';
import type { Wanted } from '../store/job-records.ts';
import type { EffectVerb, Flow, FlowConnection, Switch } from './flow.ts';
import { wantConfirmShipment, wantFulfillOrder } from './wanted.ts';

/** What a configuration lets a connection do, as it is remembered from start to start. */
export interface Switches {
  readonly effects: Readonly<Record<EffectVerb, Switch>>;
  /** The locations that it ships from. */
  readonly ships: readonly LocationId[];
}

export function switchesOf(flow: Flow, connection: FlowConnection): Switches {
  const ships = [...flow.shipsBy].filter(([, provider]) => provider === connection.id).map(([location]) => location);
  return { effects: connection.effects, ships: ships.sort() };
}

const EFFECT_SWITCH = z.enum(['off', 'shadow', 'on']);
const shape: z.ZodType<Switches> = z.object({
  effects: z.object({ push: EFFECT_SWITCH, confirm: EFFECT_SWITCH, publish: EFFECT_SWITCH, post: EFFECT_SWITCH }),
  ships: z.array(z.string()),
});

/** What was remembered; null where an older version remembered it otherwise. */
export function readSwitches(text: string): Switches | null {
  return shape.safeParse(JSON.parse(text)).data ?? null;
}

type Row = Pick<OrderDocument, '_id' | 'connection'>;
const TOGETHER = 1_000;

/**
 * After a switch was turned from off, or to on, or a location was given a provider: what came to rest because nothing was to be sent
 * goes on. Posting and publishing look by themselves, every minute.
 * @param before what was remembered; null = never seen, so nothing rests
 * @returns how many orders it was about
 */
export async function reopenForSwitches(
  flow: Flow,
  connection: FlowConnection,
  before: Switches | null,
): Promise<number> {
  if (before === null) return 0;
  const now = switchesOf(flow, connection);
  const turned = (verb: EffectVerb): boolean =>
    before.effects[verb] !== now.effects[verb] && (before.effects[verb] === 'off' || now.effects[verb] === 'on');
  const places = turned('push') ? now.ships : now.ships.filter((location) => !before.ships.includes(location));
  let orders = 0;
  if (places.length > 0)
    orders += await wake(flow, { 'plan.lines.location': { $in: places } }, (row) => wantFulfillOrder(row._id));
  if (turned('confirm')) {
    // Both what is to be moved before it is pushed, and what left and was not told.
    const ofChannel = { connection: connection.id, 'fulfillments.0': { $exists: true } };
    orders += await wake(flow, ofChannel, (row) => wantConfirmShipment(connection.id, row._id));
    await wake(flow, { connection: connection.id, 'plan.lines.0': { $exists: true } }, (row) =>
      wantFulfillOrder(row._id),
    );
  }
  return orders;
}

async function wake(
  { store, clock }: Flow,
  filter: Readonly<Record<string, unknown>> & { readonly connection?: ConnectionId },
  want: (row: Row) => Wanted,
): Promise<number> {
  let woken = 0;
  let wanted: Wanted[] = [];
  const rows = store.collections.orders.find({ stage: { $ne: 'history' }, ...filter }).project<Row>({ connection: 1 });
  for await (const row of rows) {
    wanted.push(want(row));
    if (wanted.length < TOGETHER) continue;
    await store.jobs.enqueue(wanted, clock.now());
    woken += wanted.length;
    wanted = [];
  }
  if (wanted.length > 0) await store.jobs.enqueue(wanted, clock.now());
  return woken + wanted.length;
}
